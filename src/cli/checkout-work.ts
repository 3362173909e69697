import type { CommittedWork } from '../api/answers.ts'
import { BerthError } from '../domain/errors.ts'
import { refuseOverwrite } from './refuse-overwrite.ts'
import type { UserGit } from './user-git.ts'
import { changesBetween } from './work-changes.ts'

/** Refuses to move a branch off commits that are nowhere else. */
const refuseDiverged = async (git: UserGit, branch: string, head: string): Promise<void> => {
  const there = await git.attempt(['rev-parse', '--quiet', '--verify', `refs/heads/${branch}`])
  if (there.code !== 0) return
  const behind = await git.attempt(['merge-base', '--is-ancestor', `refs/heads/${branch}`, head])
  if (behind.code !== 0)
    throw new BerthError('not-allowed', `${git.folder}: the branch ${branch} has commits that the task lacks`, {
      hint: `Rename it with \`git branch -m ${branch} NAME\`, or lose these commits with --force.`,
    })
}

/** Refuses where git would move another work tree's branch under its files, or cannot make the branch. */
const refuseTaken = async (git: UserGit, branch: string): Promise<void> => {
  const [own, ...others] = (await git.run(['worktree', 'list', '--porcelain'])).toString().split('\n\n')
  const here = (await git.run(['rev-parse', '--show-toplevel'])).toString().trim()
  const on = (one: string) => one.split('\n').includes(`branch refs/heads/${branch}`)
  const placeOf = (one: string) => one.split('\n')[0]?.slice('worktree '.length) ?? ''
  const elsewhere = [own ?? '', ...others].find((one) => on(one) && placeOf(one) !== here)
  if (elsewhere !== undefined)
    throw new BerthError('not-allowed', `${git.folder}: ${placeOf(elsewhere)} has the branch ${branch} checked out`, {
      hint: 'Run the command there.',
    })
  const [above = ''] = branch.split('/')
  if ((await git.attempt(['rev-parse', '--quiet', '--verify', `refs/heads/${above}`])).code === 0)
    throw new BerthError('not-allowed', `${git.folder}: the branch ${above} makes the branch ${branch} impossible`, {
      hint: `Rename it with \`git branch -m ${above} NAME\`.`,
    })
}

/** Switching changes what differs between HEAD and the work. */
const refuseLosses = async (git: UserGit, id: string, head: string): Promise<void> => {
  const born = await git.attempt(['rev-parse', '--quiet', '--verify', 'HEAD^{commit}'])
  const empty = () => git.run(['hash-object', '-t', 'tree', '--stdin'], { input: Buffer.alloc(0) })
  const from = (born.code === 0 ? born.stdout : await empty()).toString().trim()
  await refuseOverwrite(git, await changesBetween(git, from, head), id)
}

/** Puts work that was fetched on a branch of its own, and switches to it. All is looked at before anything is changed. */
export const checkoutWork = async (
  git: UserGit,
  { id, head }: CommittedWork,
  { branch, force }: { readonly branch: string; readonly force: boolean },
): Promise<void> => {
  if (!force) await refuseDiverged(git, branch, head)
  await refuseTaken(git, branch)
  await refuseLosses(git, id, head)
  await git.run(['checkout', '--quiet', '--no-track', '--no-overwrite-ignore', '-B', branch, head, '--'])
}
