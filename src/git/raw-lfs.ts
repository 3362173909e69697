import { rm } from 'node:fs/promises'
import { join } from 'node:path'
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

const POINTER = 'version https://git-lfs.github.com/spec/'
const MOST_POINTER = 1024
const LINK = '120000'

/** Contents of small blobs, in order. */
const contents = (bytes: Buffer): readonly string[] => {
  const found: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at)
    const size = Number(bytes.toString('latin1', at, end).split(' ')[2] ?? 0)
    found.push(bytes.toString('latin1', end + 1, end + 1 + size))
    at = end + size + 2
  }
  return found
}

/**
 * Files that the work changed and that .gitattributes gives to Git LFS, committed as they are: no pointer. Asked by an
 * index of the commit, so that every .gitattributes counts; only where the one at the top names LFS at all.
 */
export const rawLfs = async (exec: Exec, { publish, base, head, signal }: Input): Promise<readonly string[]> => {
  const options = { limitMs: LIMIT.local, maxMemory: MOST_TREE_MEMORY, ...(signal && { signal }) }
  const git = (args: readonly string[], stdin?: string | Buffer) =>
    exec([...PACK_WINDOWS, '--git-dir', publish, ...args], { ...options, ...(stdin !== undefined && { stdin }) })
  const attributes = await git(['cat-file', 'blob', `${head}:.gitattributes`])
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
    const small = lfs.filter(({ after }) => after.bytes <= MOST_POINTER)
    const read = await git(['cat-file', '--batch'], small.map(({ after }) => `${after.sha}\n`).join(''))
    const texts = contents(read.stdout)
    const pointers = new Set(small.filter((_, at) => texts[at]?.startsWith(POINTER)))
    return lfs.filter((file) => !pointers.has(file)).map(({ path }) => Buffer.from(path, 'latin1').toString())
  } finally {
    await rm(join(publish, 'index'), { force: true })
  }
}
