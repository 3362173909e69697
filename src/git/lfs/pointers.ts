import { type LfsPointer, POINTER_BYTES, POINTER_LEAST_BYTES, parsePointer } from '../../domain/lfs-pointer.ts'
import { inSlices } from '../../std/in-slices.ts'
import type { SpawnResult } from '../../std/spawn.ts'
import { eachBlob, type SmallBlob } from '../blob-texts.ts'
import { MOST_TREE_MEMORY, PACK_WINDOWS } from '../bounded-memory.ts'
import { type Exec, type ExecOptions, LIMIT, succeeded } from '../exec.ts'
import { gitWords } from '../git-words.ts'
import { LfsProblem } from './problem.ts'

/** An object, and one of the files that have it. */
export type LfsFile = LfsPointer & { readonly path: string }

type Place = { readonly repository: string; readonly signal?: AbortSignal | undefined }
type Entry = SmallBlob & { readonly path: string }

const ATTRIBUTES_BYTES = 1024 * 1024
const LISTING_BYTES = 256 * 1024 * 1024
/** Of a regular file; a link with the text of a pointer is a link. */
const ROW = /^100\d{3} blob ([0-9a-f]{40,64}) +(\d+)\t(.*)$/s

const mayBePointer = (bytes: number): boolean => bytes >= POINTER_LEAST_BYTES && bytes <= POINTER_BYTES

const textOf = (path: string): string => Buffer.from(path, 'latin1').toString('utf8')

const notFound = (failed: SpawnResult): LfsProblem => {
  const why = failed.end === 'too-much-output' ? 'there are too many files' : gitWords(failed, LIMIT.local)
  return new LfsProblem(`Berth could not look for files of Git LFS: ${why}`)
}

const git = async (
  exec: Exec,
  { repository, signal }: Place,
  args: readonly string[],
  more: Partial<ExecOptions> = {},
): Promise<SpawnResult> => {
  const result = await exec([...PACK_WINDOWS, '--git-dir', repository, ...args], {
    limitMs: LIMIT.local,
    maxMemory: MOST_TREE_MEMORY,
    maxBytes: LISTING_BYTES,
    ...(signal && { signal }),
    ...more,
  })
  if (!succeeded(result)) throw notFound(result)
  return result
}

/** The rows of a listing, each when it is asked for: all of them together may be more than the memory takes. */
function* rowsOf(bytes: Buffer, separator: number): Generator<string> {
  for (let at = 0; at < bytes.length; ) {
    const found = bytes.indexOf(separator, at)
    const end = found < 0 ? bytes.length : found
    yield bytes.toString('latin1', at, end)
    at = end + 1
  }
}

const read = async (
  exec: Exec,
  place: Place,
  entries: readonly Entry[],
  take: (entry: Entry, text: string) => void,
): Promise<void> => {
  const failed = await eachBlob(exec, place, entries, take)
  if (failed !== undefined) throw notFound(failed)
}

/** Those of the entries that are pointers, each object once. */
const pointersOf = async (exec: Exec, place: Place, entries: readonly Entry[]): Promise<readonly LfsFile[]> => {
  const found = new Map<string, LfsFile>()
  await read(exec, place, entries, ({ path }, text) => {
    const pointer = parsePointer(text)
    if (pointer !== undefined && pointer.size > 0 && !found.has(pointer.oid))
      found.set(pointer.oid, { ...pointer, path: textOf(path) })
  })
  return [...found.values()]
}

/**
 * The small files of a commit and its .gitattributes, each content once with one of its paths: a few trees can give the
 * same file a million names.
 */
const filesAt = async (stdout: Buffer) => {
  const [small, attributes] = [new Map<string, Entry>(), new Map<string, Entry>()]
  const pause = inSlices()
  for (const row of rowsOf(stdout, 0)) {
    await pause()
    const [, sha = '', size, path = ''] = ROW.exec(row) ?? []
    if (size === undefined) continue
    const entry = { sha, path, bytes: Number(size) }
    if (mayBePointer(entry.bytes) && !small.has(sha)) small.set(sha, entry)
    if (entry.bytes <= ATTRIBUTES_BYTES && /(^|\/)\.gitattributes$/.test(path)) attributes.set(sha, entry)
  }
  return { small: [...small.values()], attributes: [...attributes.values()] }
}

/** The objects of Git LFS that a commit's files name, if a .gitattributes of the commit assigns files to Git LFS. */
export const pointersAt = async (
  exec: Exec,
  place: Place & { readonly commit: string },
): Promise<readonly LfsFile[]> => {
  const { stdout } = await git(exec, place, ['ls-tree', '-r', '-z', '-l', place.commit])
  const { small, attributes } = await filesAt(stdout)
  let hasRules = false
  await read(exec, place, attributes, (_, text) => {
    hasRules ||= text.includes('filter=lfs')
  })
  return hasRules ? await pointersOf(exec, place, small) : []
}

/** The objects of Git LFS that the files of these commits name, and that were none of the base: what a push must bring. */
export const pointersSince = async (
  exec: Exec,
  place: Place & { readonly base: string; readonly heads: readonly string[] },
): Promise<readonly LfsFile[]> => {
  const { base, heads } = place
  const range = [...heads, ...(base === '' ? [] : ['--not', base])]
  const listed = await git(exec, place, ['rev-list', '--objects', ...range, '--'])
  const objects: Omit<Entry, 'bytes'>[] = []
  const pause = inSlices()
  for (const row of rowsOf(listed.stdout, 10)) {
    await pause()
    const [, sha, path = ''] = /^([0-9a-f]{40,64}) (.+)$/.exec(row) ?? []
    if (sha !== undefined) objects.push({ sha, path })
  }
  if (objects.length === 0) return []
  const stdin = objects.map(({ sha }) => `${sha}\n`).join('')
  const asked = await git(exec, place, ['cat-file', '--batch-check=%(objecttype) %(objectsize)'], { stdin })
  const kinds = asked.stdout.toString().split('\n')
  const small = objects.flatMap((object, at) => {
    const [type, bytes] = (kinds[at] ?? '').split(' ')
    return type === 'blob' && mayBePointer(Number(bytes)) ? [{ ...object, bytes: Number(bytes) }] : []
  })
  return await pointersOf(exec, place, small)
}
