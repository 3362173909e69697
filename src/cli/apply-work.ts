import type { CommittedWork } from '../api/contract.ts'
import { BerthError } from '../domain/errors.ts'
import type { UserGit } from './user-git.ts'

const MOST_NAMED = 5
const PLAIN = ['--no-ext-diff', '--no-textconv', '--no-color', '--no-renames']
const rows = (bytes: Buffer) => [...new Set(bytes.toString().split('\0').filter(Boolean))]
const named = (files: readonly string[]) =>
  `${files.slice(0, MOST_NAMED).join(', ')}${files.length > MOST_NAMED ? ` and ${files.length - MOST_NAMED} more` : ''}`

/** Refuses to touch what differs from HEAD here, untracked files too. */
const refuseDirty = async (git: UserGit, touched: readonly string[], id: string): Promise<void> => {
  const status = await git.run(['status', '--porcelain=v1', '-z', '--untracked-files=all', '--no-renames'])
  const dirty = new Set(rows(status).map((row) => row.slice(3)))
  const both = touched.filter((file) => dirty.has(file))
  if (both.length > 0)
    throw new BerthError('dirty-tree', `${git.folder}: ${id} would change what is not committed here: ${named(both)}`)
}

/** What git left marked when it stopped in the middle; an error of its own where it left nothing. */
const refuseStopped = async (git: UserGit, verb: string, words: string): Promise<string> => {
  const marked = rows(await git.run(['diff', '--name-only', '-z', '--diff-filter=U']))
  if (marked.length === 0) throw new BerthError('git-refused', `git ${verb} in ${git.folder}: ${words}`)
  return named(marked)
}

/** The work in the files and in the index; where both sides changed the same lines they are marked as in a merge. */
export const applyChanges = async (git: UserGit, work: CommittedWork): Promise<readonly string[]> => {
  const { id, head, wip } = work
  const empty = async () =>
    (await git.run(['hash-object', '-t', 'tree', '--stdin'], { input: Buffer.alloc(0) })).toString()
  const range = [work.base === '' ? (await empty()).trim() : work.base, wip ?? head]
  const touched = rows(await git.run(['diff', ...PLAIN, '--name-only', '-z', ...range]))
  await refuseDirty(git, touched, id)
  const input = await git.run(['diff', ...PLAIN, '--binary', '--full-index', ...range])
  const { code, words } = await git.attempt(['apply', '--3way', '--whitespace=nowarn', '-'], { input })
  if (code === 0) return touched
  const marked = await refuseStopped(git, 'apply', words)
  throw new BerthError('work-conflicts', `${id} was applied, and conflicts with yours in ${marked}`)
}

/** Each commit of the task on top of HEAD, by its author and with its message. */
export const applyCommits = async (git: UserGit, work: CommittedWork): Promise<readonly string[]> => {
  const { id, base, head } = work
  const range = base === '' ? [head] : [head, `^${base}`]
  const list = async (...more: readonly string[]) =>
    (await git.run(['rev-list', '--reverse', ...more, ...range])).toString().split('\n').filter(Boolean)
  const commits = await list()
  if (commits.length === 0)
    throw new BerthError('not-allowed', `${id} has no commit`, {
      hint: 'Without --commit its uncommitted work is applied.',
    })
  if ((await list('--merges')).length > 0)
    throw new BerthError('not-allowed', `${id} has merges, which cannot be put on top of yours one by one`, {
      hint: `Take its branch with \`berth checkout ${id}\` and merge that.`,
    })
  await refuseDirty(git, rows(await git.run(['log', '--format=', '--name-only', '-z', '--no-renames', ...range])), id)
  const { code, words } = await git.attempt(['cherry-pick', '--allow-empty', ...commits])
  if (code === 0) return commits
  const marked = await refuseStopped(git, 'cherry-pick', words)
  throw new BerthError('work-conflicts', `${id} conflicts with yours in ${marked}`, {
    hint: 'Mend the marked files and `git cherry-pick --continue`, or take it back with `git cherry-pick --abort`.',
  })
}
