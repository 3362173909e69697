import type { CommittedWork } from '../api/answers.ts'
import { BerthError } from '../domain/errors.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import { refuseOverwrite } from './refuse-overwrite.ts'
import type { UserGit } from './user-git.ts'
import { changesBetween, changesOfEach, refuseHuge } from './work-changes.ts'

/** The task's repository, which Berth has made, and the user's checkout. */
export type Repositories = { readonly from: UserGit; readonly to: UserGit }

const MOST_NAMED = 5
/** All that a patch depends on. */
const PATCH = [
  ...['--no-ext-diff', '--no-textconv', '--no-color', '--no-renames', '--no-relative', '--binary', '--full-index'],
  ...['--src-prefix=a/', '--dst-prefix=b/', '--unified=3', '--inter-hunk-context=0', '--diff-algorithm=myers'],
  ...['--submodule=short', '--ignore-submodules=none', '--output-indicator-new=+', '--output-indicator-old=-'],
  '--output-indicator-context= ',
]
const text = (path: string) => Buffer.from(path, 'latin1').toString()
const rows = (bytes: Buffer) => [...new Set(bytes.toString().split('\0').filter(Boolean))]
const named = (files: readonly string[]) =>
  `${files.slice(0, MOST_NAMED).map(terminalLine).join(', ')}${files.length > MOST_NAMED ? ` and ${files.length - MOST_NAMED} more` : ''}`

/** What git left marked when it stopped in the middle; an error of its own where it left nothing. */
const refuseStopped = async (git: UserGit, verb: string, words: string): Promise<string> => {
  const marked = rows(await git.run(['diff-files', '--name-only', '-z', '--diff-filter=U']))
  if (marked.length === 0) throw new BerthError('git-refused', `git ${verb} in ${git.folder}: ${words}`)
  return named(marked)
}

/** The tree of no file, which git knows by name, there or not. */
const emptyTree = async (git: UserGit): Promise<string> =>
  (await git.run(['hash-object', '-t', 'tree', '--stdin'], { input: Buffer.alloc(0) })).toString().trim()

/** The work in the files and in the index; where both sides changed the same lines they are marked as in a merge. */
export const applyChanges = async ({ from, to }: Repositories, work: CommittedWork): Promise<readonly string[]> => {
  const { id, head, wip } = work
  const range = [work.base === '' ? await emptyTree(from) : work.base, wip ?? head] as const
  const changes = await changesBetween(from, ...range)
  await refuseHuge(from, changes, id)
  await refuseOverwrite(to, changes, id)
  const touched = changes.map(({ path }) => text(path))
  if (touched.length === 0) return touched
  const input = await from.run(['diff', ...PATCH, ...range, '--'])
  const { code, words } = await to.attempt(['apply', '--3way', '--whitespace=nowarn', '-p1', '-'], { input })
  if (code === 0) return touched
  const marked = await refuseStopped(to, 'apply', words)
  throw new BerthError('work-conflicts', `${id} was applied, but conflicts with your changes in ${marked}`)
}

/** Each commit of the task on top of HEAD, by its author and with its message. */
export const applyCommits = async ({ from, to }: Repositories, work: CommittedWork): Promise<readonly string[]> => {
  const { id, base, head } = work
  const range = base === '' ? [head] : [head, `^${base}`]
  const list = async (...more: readonly string[]) =>
    (await from.run(['rev-list', '--reverse', ...more, ...range, '--'])).toString().split('\n').filter(Boolean)
  const commits = await list()
  if (commits.length === 0)
    throw new BerthError('not-allowed', `${id} has no commit`, {
      hint: 'Without --commit, Berth applies its uncommitted work.',
    })
  if ((await list('--merges')).length > 0)
    throw new BerthError(
      'not-allowed',
      `${id} has merges, and --commit cannot put them on top of your commits one by one`,
      {
        hint: `Get its branch with \`berth checkout ${id}\` and merge it.`,
      },
    )
  await refuseOverwrite(to, await changesOfEach(from, range), id)
  const { code, words } = await to.attempt(['cherry-pick', '--allow-empty', ...commits])
  if (code === 0) return commits
  const marked = await refuseStopped(to, 'cherry-pick', words)
  throw new BerthError('work-conflicts', `${id} conflicts with your changes in ${marked}`, {
    hint: 'Resolve the marked files and run `git cherry-pick --continue`, or undo it with `git cherry-pick --abort`.',
  })
}
