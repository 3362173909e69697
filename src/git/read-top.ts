import { type Exec, LIMIT, succeeded } from './exec.ts'
import type { Git } from './git.ts'

type Input = Parameters<Git['top']>[0]

/** Names in the top folder beyond these bytes are not read. */
const MOST_BYTES = 4 * 1024 * 1024

/** Mode, type, id and size of a file, as `ls-tree -l` has them. A link is no file. */
const FILE = /^100(?:644|755) blob ([0-9a-f]+) +(\d+)\t/

/** The names in the top folder of a commit, and the text of one file. */
export const readTop = (exec: Exec) => async (input: Input) => {
  const { repository, commit, file, maxBytes, signal } = input
  const run = (args: readonly string[], limit = MOST_BYTES) =>
    exec(['-c', 'safe.directory=*', '-C', repository, ...args], {
      limitMs: LIMIT.local,
      maxBytes: limit,
      ...(signal && { signal }),
    })
  const top = await run(['ls-tree', '--full-tree', '-z', '--name-only', commit])
  if (!succeeded(top)) return undefined
  const names = top.stdout.toString().split('\0').filter(Boolean)
  // Few repositories have the file: most need one process.
  if (!names.includes(file.split('/')[0] ?? file)) return { names, text: null }
  const own = await run(['ls-tree', '--full-tree', '-z', '-l', commit, '--', file])
  if (!succeeded(own)) return undefined
  const [, id, size] = FILE.exec(own.stdout.toString()) ?? []
  if (id === undefined) return { names, text: null }
  if (Number(size) > maxBytes) return { names, text: null, bytes: Number(size) }
  const blob = await run(['cat-file', 'blob', id], maxBytes)
  return succeeded(blob) ? { names, text: blob.stdout.toString() } : undefined
}
