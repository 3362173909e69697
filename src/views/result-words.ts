import type { Changes } from '../domain/changes.ts'
import { FINAL, type TaskRecord } from '../domain/task.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import { counted } from './words.ts'

/** `+12 -3`; files alone where no line of text changed. */
export const linesWords = ({ files, insertions, deletions }: Changes): string => {
  if (files === 0) return 'nothing'
  return insertions + deletions === 0 ? counted(files, 'file') : `+${insertions} -${deletions}`
}

/** `3 files changed, +12 -3`. */
export const changesWords = (changes: Changes): string => {
  const { files, insertions, deletions } = changes
  const lines = insertions + deletions === 0 ? '' : `, ${linesWords(changes)}`
  return files === 0 ? 'no file changed' : `${counted(files, 'file')} changed${lines}`
}

type Work = Pick<
  TaskRecord,
  | 'id'
  | 'state'
  | 'pushed'
  | 'pushError'
  | 'pr'
  | 'commits'
  | 'wip'
  | 'uncommitted'
  | 'uncommittedLeft'
  | 'branches'
  | 'changes'
>

/** Where a task's work is: pushed, kept by Berth, or nowhere because there is none; empty while nothing was gathered. */
export const workWords = (task: Work): string => {
  const { id, pushed, pushError, pr, commits, wip, uncommitted, uncommittedLeft = 0, branches, changes } = task
  if (pushed !== null && pushError === null && pr !== undefined) return `pull request #${pr.number}`
  if (pushed !== null && pushError === null)
    // The branch of its own bears the id, which stands there already.
    return pushed.branch === `berth/${id}` ? 'pushed' : `pushed ${terminalLine(pushed.branch)}`
  const failed = pushError === null ? '' : ', push failed'
  if (commits.length > 0) return `kept ${counted(commits.length, 'commit')}${failed}`
  if (wip !== null) return `kept ${counted(Math.max(1, uncommitted.length + uncommittedLeft), 'file')}`
  if (changes !== undefined && changes.files > 0) return `kept ${counted(changes.files, 'file')}`
  if (branches.length > 0) return `kept ${branches.length === 1 ? '1 branch' : `${branches.length} branches`}`
  return FINAL.has(task.state) ? 'none' : ''
}

/** Dollars with the digits that matter. */
export const costWords = (dollars: number): string =>
  `$${dollars >= 1 || dollars === 0 ? dollars.toFixed(2) : dollars.toPrecision(2)}`

const UNITS = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const

/** `950`, `12.3k`, `4.5M`. */
export const shortCount = (count: number): string => {
  const [size, unit] = UNITS.find(([least]) => count >= least) ?? [1, '']
  const value = count / size
  return unit === '' ? String(count) : `${value >= 100 ? Math.floor(value) : Math.floor(value * 10) / 10}${unit}`
}
