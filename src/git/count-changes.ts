import type { Changes } from '../domain/changes.ts'
import { MOST_TREE_MEMORY, PACK_WINDOWS } from './bounded-memory.ts'
import { emptyTree, PLAIN_DIFF } from './diff.ts'
import { type Exec, succeeded } from './exec.ts'

/** A count is worth no long wait: without it the work is shown without numbers. */
const LIMIT_MS = 15_000
/** Files above this size count as changed, without lines: git reads no content of them. */
const LARGEST_FILE = '8m'
const ROW = /^ (\d+) files? changed(?:, (\d+) insertions?\(\+\))?(?:, (\d+) deletions?\(-\))?$/

/** Reads git's one line; nothing changed is an empty one. Undefined where it is neither. */
export const parseShortStat = (text: string): Changes | undefined => {
  const line = text.trimEnd()
  if (line === '') return { files: 0, insertions: 0, deletions: 0 }
  const [, files, insertions = '0', deletions = '0'] = ROW.exec(line) ?? []
  if (files === undefined) return undefined
  return { files: Number(files), insertions: Number(insertions), deletions: Number(deletions) }
}

/**
 * Files and lines that differ between two commits; undefined where git does not say it in time or memory. A file that was renamed
 * and edited counts as one that went and one that came: to know better, git would have to read both whole.
 */
export const countChanges = async (
  exec: Exec,
  input: { readonly publish: string; readonly from: string; readonly to: string; readonly signal?: AbortSignal },
): Promise<Changes | undefined> => {
  const { publish, from, to, signal } = input
  const bounds = [...PACK_WINDOWS, '-c', `core.bigFileThreshold=${LARGEST_FILE}`, '--git-dir', publish]
  const range = [from === '' ? emptyTree(to) : from, to]
  const args = [...bounds, 'diff', ...PLAIN_DIFF, '--find-renames=100%', '--shortstat', ...range, '--']
  const result = await exec(args, { limitMs: LIMIT_MS, maxMemory: MOST_TREE_MEMORY, ...(signal && { signal }) })
  return succeeded(result) ? parseShortStat(result.stdout.toString()) : undefined
}
