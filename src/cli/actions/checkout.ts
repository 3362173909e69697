import type { CommittedWork, WorkAnswer } from '../../api/answers.ts'
import { client } from '../../client/client.ts'
import { BerthError, EXIT } from '../../domain/errors.ts'
import { askedRepository } from '../asked-repository.ts'
import { checkoutWork } from '../checkout-work.ts'
import type { Context } from '../context.ts'
import { fetchWork } from '../fetch-work.ts'
import { userGit } from '../user-git.ts'

export type CheckoutOptions = {
  readonly force?: boolean
  readonly json?: boolean
  readonly branch?: string
  readonly repository?: string
}

const committed = (work: WorkAnswer): CommittedWork => {
  if (work.kind === 'clone' && work.head !== work.base) return work
  throw new BerthError('not-allowed', `${work.id} has no commit`, {
    hint: `\`berth apply ${work.id}\` brings its changes into this checkout.`,
  })
}

/** Beside `berth/ID`, since git has no branch below the name of another. */
const localBranch = (id: string, other: string | undefined): string => {
  const words = (other ?? '').replace(/[^\p{L}\p{N}_]+/gu, '-').replace(/^-+|-+$/g, '')
  return words === '' ? `berth/${id}` : `berth/${id}-${words.slice(0, 100)}`
}

/** Puts the task's work on a local branch of its own, and switches to it. */
export const checkoutAction = async (context: Context, asked: string, options: CheckoutOptions): Promise<number> => {
  const checkout = () => userGit(context)
  const repository = await askedRepository(context, asked, { named: options.repository, git: checkout })
  const answer = await client(context).ask('work', { id: asked, query: { branch: options.branch, repository } })
  const work = committed(answer)
  const { id, head, wip } = work
  const git = await checkout()
  await fetchWork(git, work)
  const branch = localBranch(id, options.branch)
  await checkoutWork(git, work, { branch, force: options.force ?? false })
  if (options.json) context.stdout.write(`${JSON.stringify({ id, branch, head })}\n`)
  else context.stdout.write(`${branch}\n`)
  if (wip !== null && wip !== head)
    context.stderr.write(
      `berth: the branch does not have the changes that the agent left uncommitted; \`berth diff ${id}\` shows them\n`,
    )
  return EXIT.done
}
