import { BerthError } from '../../domain/errors.ts'
import type { Signing } from '../../domain/signing.ts'
import type { CallerEnv, Git } from '../../git/git.ts'
import type { Plan } from '../../plan/plan.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { signerFor } from '../planning/signer-for.ts'
import type { LiveTask } from '../task/live-task.ts'
import type { TurnContext } from '../task/turn-context.ts'
import { unlessStopped } from './unless-stopped.ts'
import { withCaller } from './with-caller.ts'

type Signer = Parameters<Git['amend']>[0]['signer']
type Amendment = NonNullable<Plan['amendment']>

export type Amended =
  | { readonly kind: 'ready'; readonly sha: string }
  | { readonly kind: 'failed'; readonly why: string }

/** What was made again as this commit; the commit itself where it was not made again. */
export const amendedFrom = ({ journal }: Pick<LiveTask, 'journal'>, sha: string): string => {
  let found = sha
  for (const { before, head } of journal.select('work.amended')) if (head === sha) found = before
  return found
}

/** Whether only a caller has the key: a file is there for every supervisor. */
const needsCaller = (sign: Signing | null): boolean =>
  sign?.kind === 'gpg' || (sign?.kind === 'ssh' && !sign.key.startsWith('file:'))

const signerOf = async ({ deps }: TurnContext, sign: Signing | null, callerEnv: CallerEnv): Promise<Signer> => {
  if (sign === null) return null
  if (sign.kind === 'api') throw new BerthError('cannot-sign', 'there is no forge that signs')
  return await signerFor(deps, sign, callerEnv)
}

const made = async (context: TurnContext, { coAuthors, sign }: Amendment, head: string): Promise<string> => {
  const { deps, live, plan, signal } = context
  const { source, folders } = plan
  if (source.kind !== 'clone') return head
  const make = async (callerEnv: CallerEnv) => {
    const signer = await signerOf(context, sign, callerEnv)
    const base = live.record.repository.base ?? source.sha
    const known = live.record.pushed === null ? [] : [live.record.pushed.sha]
    const input = { publish: folders.publish, mirror: source.mirror, base, head, known, coAuthors, signer }
    return await unlessStopped(live, signal, (either) => deps.git.amend({ ...input, signal: either }))
  }
  const lost = live.callerContext === null && needsCaller(sign)
  const why =
    'the signature needs your key, which was lost with the supervisor: run any berth command in a shell that has it'
  faultPoint('amend.before')
  const amended = lost ? await withCaller(context, why, make) : await make(live.callerContext?.callerEnv ?? {})
  faultPoint('amend.made')
  if (amended.head === head) return head
  const signed = sign?.kind ?? null
  await live.commit({ type: 'work.amended', turn: plan.turn, before: head, signed, ...amended })
  faultPoint('amend.told')
  await deps.git.pointHead({ publish: folders.publish, head: amended.head, wip: live.record.wip })
  return amended.head
}

/** Makes the work's commits again, signed and with their co-authors, as the task asked for. What was made so stays. */
export const amendWork = async (context: TurnContext, sha: string): Promise<Amended> => {
  const { amendment } = context.plan
  if (amendment === undefined || amendedFrom(context.live, sha) !== sha) return { kind: 'ready', sha }
  try {
    return { kind: 'ready', sha: await made(context, amendment, sha) }
  } catch (error) {
    context.signal.throwIfAborted()
    if (!(error instanceof BerthError)) throw error
    return { kind: 'failed', why: `the commits could not be signed: ${error.message}. ${error.hint}` }
  }
}
