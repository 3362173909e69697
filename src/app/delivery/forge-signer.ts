import { BerthError } from '../../domain/errors.ts'
import type { ForgeCommits } from '../../forges/forge.ts'
import type { CallerEnv, ForgeSigner } from '../../git/git.ts'
import { sshKeyOf } from '../../plan/ssh-key.ts'
import { errorMessage } from '../../std/error-message.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { signingForge } from '../planning/signing-forge.ts'
import { recordToken } from '../task/record-token.ts'
import type { TurnContext } from '../task/turn-context.ts'

/** No branch and no tag: nobody sees it, and no rule of branches is about it. */
const refOf = (task: string): string => `refs/berth/sign/${task}`

/** A forge that signs, for one time of use. At its end the ref by which it got the commits is removed. */
export type HeldForge = { readonly signer: ForgeSigner; readonly end: () => Promise<void> }

/** The forge makes the commits by its API. What it needs of them is pushed to a ref of its own before. */
export const forgeSigner = (context: TurnContext, url: string, callerEnv: CallerEnv): HeldForge => {
  const { deps, live, plan, signal } = context
  const { repository, commits } = signingForge(deps, url)
  const ref = refOf(plan.task)
  const remote = {
    ...{ publish: plan.folders.publish, url, ref, callerEnv, onToken: recordToken(live, plan.turn), signal },
    ...sshKeyOf(plan),
  }
  const call = { callerEnv, signal }
  // A killed supervisor may have left one.
  let mayBeThere = live.fromDisk
  return {
    signer: {
      kind: 'forge',
      give: async (sha) => {
        mayBeThere = true
        await deps.git.giveRef({ ...remote, sha })
        faultPoint('amend.given')
      },
      make: async (commit) => {
        const sha = await commits.create({ repository, ...commit }, call)
        faultPoint('amend.one')
        return sha
      },
      bring: async (sha) => {
        await commits.pointRef({ repository, ref, sha }, call)
        await deps.git.bringRef(remote)
        faultPoint('amend.brought')
      },
    },
    end: async () => {
      if (!mayBeThere) return
      try {
        await removeRef(commits, { repository, ref }, callerEnv)
      } catch (error) {
        if (!(error instanceof BerthError)) throw error
        const text = `${ref} of ${repository} could not be removed: ${errorMessage(error)}`
        live.append({ type: 'notice', level: 'warning', text })
      }
    },
  }
}

const REMOVAL_MS = 15_000

/** Also for work that was stopped, so the signal of the work does not end it. */
const removeRef = (
  commits: ForgeCommits,
  asked: Parameters<ForgeCommits['removeRef']>[0],
  callerEnv: CallerEnv,
): Promise<void> => commits.removeRef(asked, { callerEnv, signal: AbortSignal.timeout(REMOVAL_MS) })
