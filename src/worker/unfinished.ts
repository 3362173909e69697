import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { RunGit } from '../inside/git-runner.ts'
import { readRegular } from './read-refs.ts'

const STATES = [
  ['rebase-merge', 'a rebase'],
  ['rebase-apply', 'a rebase'],
  ['MERGE_HEAD', 'a merge'],
  ['CHERRY_PICK_HEAD', 'a cherry-pick'],
  ['REVERT_HEAD', 'a revert'],
] as const
const MOST_READ = 8 * 1024 * 1024
const MOST_NAMED = 5

const isThere = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined

const isMarked = (path: string): boolean => {
  const text = readRegular(path, MOST_READ) ?? ''
  return /^<{7} /m.test(text) && /^={7}$/m.test(text) && /^>{7} /m.test(text)
}

/**
 * What the agent began and did not end, in words: a rebase; or a merge, cherry-pick or revert whose conflicts are still
 * marked in files. One that was resolved and not committed is the work as it is. Asked before the files are added.
 */
export const unfinishedWork = async (input: {
  readonly repository: string
  readonly work: string
  /** Git with the index as the agent left it. */
  readonly git: RunGit
}): Promise<string | undefined> => {
  const { repository, work, git } = input
  const what = STATES.find(([name]) => isThere(join(repository, name)))?.[1]
  if (what === undefined) return undefined
  const rows = (await git(['ls-files', '--unmerged', '-z'])).stdout.split('\0').filter(Boolean)
  const files = [...new Set(rows.map((row) => row.slice(row.indexOf('\t') + 1)))]
  const marked = files.filter((file) => isMarked(join(work, file)))
  if (marked.length === 0) return what === 'a rebase' ? what : undefined
  const more = marked.length > MOST_NAMED ? ` and ${marked.length - MOST_NAMED} more` : ''
  return `${what} with conflicts marked in ${marked.slice(0, MOST_NAMED).join(', ')}${more}`.slice(0, 1000)
}
