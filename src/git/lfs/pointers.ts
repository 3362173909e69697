import { type LfsPointer, POINTER_BYTES, parsePointer } from '../../domain/lfs-pointer.ts'
import type { SpawnResult } from '../../std/spawn.ts'
import { blobTexts } from '../blob-texts.ts'
import { MOST_TREE_MEMORY, PACK_WINDOWS } from '../bounded-memory.ts'
import { type Exec, type ExecOptions, LIMIT, succeeded } from '../exec.ts'
import { gitWords } from '../git-words.ts'
import { LfsProblem } from './problem.ts'

/** An object, and one of the files that have it. */
export type LfsFile = LfsPointer & { readonly path: string }

type Place = { readonly repository: string; readonly signal?: AbortSignal | undefined }
type Entry = { readonly sha: string; readonly path: string }

const ATTRIBUTES_BYTES = 1024 * 1024
const LISTING_BYTES = 512 * 1024 * 1024
/** Of a regular file; a link with the text of a pointer is a link. */
const ROW = /^100\d{3} blob ([0-9a-f]{40,64}) +(\d+)\t(.*)$/s

const textOf = (path: string): string => Buffer.from(path, 'latin1').toString('utf8')

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
  if (!succeeded(result))
    throw new LfsProblem(`Berth could not look for files of Git LFS: ${gitWords(result, LIMIT.local)}`)
  return result
}

/** Those of the entries that are pointers, each object once. */
const pointersOf = async (exec: Exec, place: Place, entries: readonly Entry[]): Promise<readonly LfsFile[]> => {
  const texts = await blobTexts(
    exec,
    place,
    entries.map(({ sha }) => sha),
  )
  const found = new Map<string, LfsFile>()
  for (const [at, text] of texts.entries()) {
    const pointer = parsePointer(text)
    const path = textOf(entries[at]?.path ?? '')
    if (pointer !== undefined && pointer.size > 0 && !found.has(pointer.oid))
      found.set(pointer.oid, { ...pointer, path })
  }
  return [...found.values()]
}

/** The objects of Git LFS that a commit's files name, if a .gitattributes of the commit assigns files to Git LFS. */
export const pointersAt = async (
  exec: Exec,
  place: Place & { readonly commit: string },
): Promise<readonly LfsFile[]> => {
  const { stdout } = await git(exec, place, ['ls-tree', '-r', '-z', '-l', place.commit])
  const files = stdout
    .toString('latin1')
    .split('\0')
    .flatMap((row) => {
      const [, sha = '', bytes, path = ''] = ROW.exec(row) ?? []
      return bytes === undefined ? [] : [{ sha, path, bytes: Number(bytes) }]
    })
  const attributes = files.filter(({ path, bytes }) => /(^|\/)\.gitattributes$/.test(path) && bytes <= ATTRIBUTES_BYTES)
  const rules = await blobTexts(
    exec,
    place,
    attributes.map(({ sha }) => sha),
  )
  if (!rules.some((text) => text.includes('filter=lfs'))) return []
  return await pointersOf(
    exec,
    place,
    files.filter(({ bytes }) => bytes <= POINTER_BYTES),
  )
}

/** The objects of Git LFS that the files of these commits name, and that were none of the base: what a push must bring. */
export const pointersSince = async (
  exec: Exec,
  place: Place & { readonly base: string; readonly heads: readonly string[] },
): Promise<readonly LfsFile[]> => {
  const { base, heads } = place
  const range = [...heads, ...(base === '' ? [] : ['--not', base])]
  const listed = await git(exec, place, ['rev-list', '--objects', ...range, '--'])
  const objects = listed.stdout
    .toString('latin1')
    .split('\n')
    .flatMap((line) => {
      const [, sha, path = ''] = /^([0-9a-f]{40,64}) (.+)$/.exec(line) ?? []
      return sha === undefined ? [] : [{ sha, path }]
    })
  if (objects.length === 0) return []
  const stdin = objects.map(({ sha }) => `${sha}\n`).join('')
  const asked = await git(exec, place, ['cat-file', '--batch-check=%(objecttype) %(objectsize)'], { stdin })
  const kinds = asked.stdout.toString().split('\n')
  const small = objects.filter((_, at) => {
    const [type, bytes] = (kinds[at] ?? '').split(' ')
    return type === 'blob' && Number(bytes) <= POINTER_BYTES
  })
  return await pointersOf(exec, place, small)
}
