import type { CommittedWork, WorkAnswer } from '../../api/contract.ts'
import { BerthError, EXIT } from '../../domain/errors.ts'
import { client } from '../client.ts'
import type { Context } from '../context.ts'
import { fetchWork } from '../fetch-work.ts'
import { type UserGit, userGit } from '../user-git.ts'

export type CheckoutOptions = { readonly force?: boolean; readonly json?: boolean }

/** Refuses to move a branch off commits that are nowhere else. */
const refuseDiverged = async (git: UserGit, branch: string, head: string): Promise<void> => {
  const there = await git.attempt(['rev-parse', '--quiet', '--verify', `refs/heads/${branch}`])
  if (there.code !== 0) return
  const behind = await git.attempt(['merge-base', '--is-ancestor', branch, head])
  if (behind.code !== 0)
    throw new BerthError('not-allowed', `${git.folder}: the branch ${branch} has commits that the task has not`, {
      hint: `Rename it with \`git branch -m ${branch} NAME\`, or give it up with --force.`,
    })
}

const committed = (work: WorkAnswer): CommittedWork => {
  if (work.kind === 'clone' && work.head !== work.base) return work
  throw new BerthError('not-allowed', `${work.id} has no commit`, {
    hint: `\`berth apply ${work.id}\` takes its changes over.`,
  })
}

/** Puts the task's work on a local branch of its own, and switches to it. */
export const checkoutAction = async (context: Context, asked: string, options: CheckoutOptions): Promise<number> => {
  const answer = await client(context).json<WorkAnswer>('GET', `/v1/tasks/${encodeURIComponent(asked)}/work`)
  const work = committed(answer)
  const { id, head, wip } = work
  const git = await userGit(context)
  await fetchWork(git, work)
  const branch = `berth/${id}`
  if (!options.force) await refuseDiverged(git, branch, head)
  await git.run(['checkout', '--quiet', '--no-track', '-B', branch, head])
  if (options.json) context.stdout.write(`${JSON.stringify({ id, branch, head })}\n`)
  else context.stdout.write(`${branch}\n`)
  if (wip !== null && wip !== head)
    context.stderr.write(`berth: what the agent left uncommitted is not on it; \`berth diff ${id}\` shows it\n`)
  return EXIT.done
}
