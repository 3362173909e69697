import { BerthError } from '../../domain/errors.ts'
import { urlParts } from '../../domain/repository-url.ts'
import type { Signing } from '../../domain/signing.ts'
import type { CallerEnv, Git } from '../../git/git.ts'
import type { Plan } from '../../plan/plan.ts'
import { sshKeyOf } from '../../plan/ssh-key.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { signerFor } from '../planning/signer-for.ts'
import type { LiveTask } from '../task/live-task.ts'
import { recordToken } from '../task/record-token.ts'
import type { TurnContext } from '../task/turn-context.ts'
import { forgeSigner, type HeldForge } from './forge-signer.ts'
import { unlessStopped } from './unless-stopped.ts'
import { withCaller } from './with-caller.ts'

const LOST = 'which was lost with the supervisor: run any berth command in a shell that has it'

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

/** Whether only a caller has the key: a file is there for every supervisor, and an App needs nobody. */
const isCallersKey = (sign: Signing | null, url: string): boolean => {
  if (sign?.kind === 'ssh') return !sign.key.startsWith('file:')
  return sign?.kind === 'gpg' || (sign?.kind === 'api' && urlParts(url)?.transport !== 'https')
}

/** What only a caller has of what it takes; null where none is needed. */
const lostWith = (sign: Signing | null, url: string, { tokenInside }: Pick<Plan, 'tokenInside'>): string | null => {
  if (isCallersKey(sign, url)) return `the signature needs your key, ${LOST}`
  return tokenInside?.personal === true ? `the commits need your token, ${LOST}` : null
}

type Held = { readonly signer: Signer; readonly end?: HeldForge['end'] }

const signerOf = async (
  context: TurnContext,
  sign: Signing | null,
  url: string,
  callerEnv: CallerEnv,
): Promise<Held> => {
  if (sign === null) return { signer: null }
  if (sign.kind === 'api') return forgeSigner(context, url, callerEnv)
  return { signer: await signerFor(context.deps, sign, callerEnv) }
}

type Source = Extract<Plan['source'], { kind: 'clone' }>

/**
 * Brings the mirror up to the remote, where the agent could fetch from the remote itself: what others have made stays as
 * it is, so the mirror must know of it.
 */
const bringMirror = async (
  { deps, live, plan, signal }: TurnContext,
  { url, sha }: Source,
  callerEnv: CallerEnv,
): Promise<void> => {
  if (plan.tokenInside === undefined) return
  const { stale } = await deps.git.mirror({
    mirrorsDir: `${deps.installation.folders.state}/mirrors`,
    ...{ url, sha, pin: plan.task, callerEnv, signal },
    // Of no remote, so it is asked.
    seen: { digest: '', head: null },
    onToken: recordToken(live, plan.turn),
    ...sshKeyOf(plan),
  })
  if (stale !== undefined)
    throw new BerthError('cannot-sign', `Berth does not know which of the commits the remote has: ${stale}`)
}

const amendedCommits = async (
  context: TurnContext,
  source: Source,
  { coAuthors, sign }: Amendment,
  head: string,
  callerEnv: CallerEnv,
): ReturnType<Git['amend']> => {
  const { deps, live, plan, signal } = context
  await bringMirror(context, source, callerEnv)
  const { signer, end } = await signerOf(context, sign, source.url, callerEnv)
  try {
    return await deps.git.amend({
      publish: plan.folders.publish,
      mirror: source.mirror,
      base: live.record.repository.base ?? source.sha,
      head,
      known: live.record.pushed === null ? [] : [live.record.pushed.sha],
      ownBranch: `berth/${live.id}`,
      coAuthors,
      committer: plan.order.identity,
      signer,
      signal,
    })
  } finally {
    await end?.()
  }
}

const made = async (context: TurnContext, amendment: Amendment, head: string): Promise<string> => {
  const { deps, live, plan, signal } = context
  const { source, folders } = plan
  if (source.kind !== 'clone') return head
  const { sign } = amendment
  const make = (callerEnv: CallerEnv) =>
    unlessStopped(live, signal, (either) =>
      amendedCommits({ ...context, signal: either }, source, amendment, head, callerEnv),
    )
  const lost = live.callerContext === null ? lostWith(sign, source.url, plan) : null
  faultPoint('amend.before')
  const amended =
    lost === null ? await make(live.callerContext?.callerEnv ?? {}) : await withCaller(context, lost, make)
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
