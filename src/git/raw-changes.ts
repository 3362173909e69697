import { BerthError } from '../domain/errors.ts'
import { MOST_TREE_MEMORY, PACK_WINDOWS } from './bounded-memory.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import { gitWords } from './git-words.ts'

/** One path that differs. Paths are bytes, here as latin1 text. */
export type RawChange = {
  readonly path: string
  readonly before: { readonly mode: string; readonly sha: string; readonly bytes: number }
  readonly after: { readonly mode: string; readonly sha: string; readonly bytes: number }
}

type Input = {
  readonly repository: string
  readonly from: string
  readonly to: string
  /** Pathspecs; none: all. */
  readonly paths?: readonly string[]
  readonly signal?: AbortSignal
}

const ROW = /^:(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) [A-Z]\d*$/
const GITLINK = '160000'

const sizesOf = async (exec: Exec, { repository, signal }: Input, shas: readonly string[]) => {
  if (shas.length === 0) return new Map<string, number>()
  const asked = await exec(['--git-dir', repository, 'cat-file', '--batch-check=%(objectsize)'], {
    limitMs: LIMIT.local,
    stdin: shas.map((sha) => `${sha}\n`).join(''),
    ...(signal && { signal }),
  })
  const lines = asked.stdout.toString().split('\n')
  return new Map(shas.map((sha, at) => [sha, Number(lines[at]) || 0]))
}

/** The paths in which two commits differ, with the sizes of their contents. BerthError not-allowed where there are too many. */
export const rawChanges = async (exec: Exec, input: Input): Promise<readonly RawChange[]> => {
  const { repository, from, to, signal } = input
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', '--ignore-submodules=none']
  const range = [from, to, '--', ...(input.paths ?? [])]
  const result = await exec([...PACK_WINDOWS, '--git-dir', repository, ...args, ...range], {
    limitMs: LIMIT.local,
    maxMemory: MOST_TREE_MEMORY,
    ...(signal && { signal }),
  })
  if (result.end === 'too-much-output' || result.end === 'limit' || /out of memory/i.test(result.stderr))
    throw new BerthError(
      'not-allowed',
      `${from.slice(0, 12)} and ${to.slice(0, 12)} differ in too many files to be compared`,
    )
  if (!succeeded(result)) {
    const words = gitWords(result, LIMIT.local)
    throw new BerthError('internal', `compared ${from} with ${to} in ${repository}: ${words}`)
  }
  const fields = result.stdout.toString('latin1').split('\0')
  const rows = []
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, old = '', mode = '', gone = '', fresh = ''] = ROW.exec(fields[at] ?? '') ?? []
    rows.push({ path: fields[at + 1] ?? '', old, mode, gone, fresh })
  }
  const blobs = rows.flatMap(({ old, mode, gone, fresh }) => [
    old === GITLINK ? '' : gone,
    mode === GITLINK ? '' : fresh,
  ])
  const sizes = await sizesOf(exec, input, [...new Set(blobs.filter((sha) => /[1-9a-f]/.test(sha)))])
  return rows.map(({ path, old, mode, gone, fresh }) => ({
    path,
    before: { mode: old, sha: gone, bytes: old === GITLINK ? 0 : (sizes.get(gone) ?? 0) },
    after: { mode, sha: fresh, bytes: mode === GITLINK ? 0 : (sizes.get(fresh) ?? 0) },
  }))
}
