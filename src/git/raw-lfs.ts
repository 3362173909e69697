import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { POINTER_BYTES } from '../domain/lfs-pointer.ts'
import { eachBlob } from './blob-texts.ts'
import { MOST_TREE_MEMORY, PACK_WINDOWS } from './bounded-memory.ts'
import { emptyTree } from './diff.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import { rawChanges } from './raw-changes.ts'

type Input = {
  readonly publish: string
  readonly base: string
  readonly head: string
  readonly signal?: AbortSignal
}

/** Where a commit has the attributes of its top folder. */
export const attributesAt = (commit: string): string => `${commit}:.gitattributes`

const POINTER = 'version https://git-lfs.github.com/spec/'
const LINK = '120000'

/**
 * Files that the work changed and that .gitattributes gives to Git LFS, committed as they are: no pointer. Asked by an
 * index of the commit, so that every .gitattributes counts; only where the one at the top names LFS at all.
 */
export const rawLfs = async (exec: Exec, { publish, base, head, signal }: Input): Promise<readonly string[]> => {
  const options = { limitMs: LIMIT.local, maxMemory: MOST_TREE_MEMORY, ...(signal && { signal }) }
  const git = (args: readonly string[], stdin?: string | Buffer) =>
    exec([...PACK_WINDOWS, '--git-dir', publish, ...args], { ...options, ...(stdin !== undefined && { stdin }) })
  const attributes = await git(['cat-file', 'blob', attributesAt(head)])
  if (!succeeded(attributes) || !attributes.stdout.includes('filter=lfs')) return []
  const from = base === '' ? emptyTree(head) : base
  const changes = await rawChanges(exec, { repository: publish, from, to: head, ...(signal && { signal }) })
  const files = changes.filter(({ after }) => after.mode.startsWith('10') && after.mode !== LINK)
  if (files.length === 0) return []
  try {
    if (!succeeded(await git(['read-tree', head]))) return []
    const asked = Buffer.from(files.map(({ path }) => `${path}\0`).join(''), 'latin1')
    const said = await git(['check-attr', '--cached', '-z', '--stdin', 'filter'], asked)
    const values = said.stdout.toString('latin1').split('\0')
    const lfs = files.filter((_, at) => values[at * 3 + 2] === 'lfs')
    const small = lfs.flatMap((file) => (file.after.bytes <= POINTER_BYTES ? [{ ...file.after, file }] : []))
    const pointers = new Set<(typeof lfs)[number]>()
    await eachBlob(exec, { repository: publish, signal }, small, ({ file }, text) => {
      if (text.startsWith(POINTER)) pointers.add(file)
    })
    return lfs.filter((file) => !pointers.has(file)).map(({ path }) => Buffer.from(path, 'latin1').toString())
  } finally {
    await rm(join(publish, 'index'), { force: true })
  }
}
