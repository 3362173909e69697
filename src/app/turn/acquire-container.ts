import type { EventBody } from '../../domain/event.ts'
import { orderFile } from '../../domain/worker-protocol.ts'
import type { ContainerInfo } from '../../engines/engine.ts'
import type { EarlySteps } from '../../launch/early-steps.ts'
import { gatewayNetwork, type ModelKey } from '../../launch/gateway-task.ts'
import { launch } from '../../launch/launch.ts'
import type { Plan } from '../../plan/plan.ts'
import type { StepId } from '../../plan/step.ts'
import { holdsFile } from '../../std/mounted-folder.ts'
import { agentPrompt } from '../planning/agent-prompt.ts'
import { providerOf } from '../planning/choose-provider.ts'
import { rulesSince } from '../task/added-rules.ts'
import type { HeldContext } from '../task/held-context.ts'
import type { LiveTask } from '../task/live-task.ts'
import { recordToken } from '../task/record-token.ts'
import { copiedKeyLines } from '../task/ssh-key-copy.ts'
import { type TurnHistory, workHistory } from '../task/turn-history.ts'
import { contextOf, lostContext, needsContext, onlyGateway } from './launch-context.ts'
import { launchRules } from './launch-rules.ts'
import { insideFile, loginOf, readyLogin } from './login-of-turn.ts'
import type { Running } from './running.ts'
import { lookUntilKnown } from './wait-for-exit.ts'

/** Events that a launch journals once, however many supervisors it takes. */
const ONCE: ReadonlySet<string> = new Set(['source.ready', 'container.created', 'container.started'])

/** An earlier supervisor journaled this event of the launch. */
const isTold = (history: TurnHistory, event: EventBody): boolean => {
  const repository = event.type === 'source.ready' ? event.repository : undefined
  return ONCE.has(event.type) && workHistory(history, repository).journaledTypes.has(event.type)
}

/** The launch found this container and did not create or start it: Berth journals its events after a look at it. */
const adoptedBy = ({ steps }: Plan, found: ContainerInfo | undefined): string | null =>
  found === undefined || steps.some(({ id }) => id === 'create') ? null : found.id

/** True if the turn's order was written: its agent has begun, or will. */
export const isReleased = (plan: Plan): boolean => holdsFile(plan.folders.exchange, orderFile(plan.kept?.after ?? 0))

/** Steps of the launch that an earlier supervisor carried out, by their visible effects. */
const taken = (plan: Plan, found: ContainerInfo | undefined, held: boolean): ReadonlySet<StepId> => {
  if (found === undefined) return new Set()
  const ended = found.state === 'exited' || found.state === 'dead'
  const released = isReleased(plan)
  const gateway: readonly StepId[] = held || ended ? ['gateway'] : []
  // The key in the gateway's memory alone is gone with a supervisor.
  if (ended || released)
    return new Set([...plan.steps.map(({ id }) => id).filter((id) => id !== 'gateway'), ...gateway])
  return new Set<StepId>(found.state === 'running' ? ['create', 'login', 'start', ...gateway] : gateway)
}

const without = (plan: Plan, skip: ReadonlySet<StepId>): Plan => ({
  ...plan,
  steps: plan.steps
    .filter((step) => !skip.has(step.id))
    .map((step) => ({ ...step, needs: step.needs.filter((id) => !skip.has(id)) })),
})

/** True if the pre-started container still waits for this order; else Berth removes it, and the turn begins in a fresh one. */
const stillWaits = async (
  { live, plan, engine, history }: Running,
  found: ContainerInfo | undefined,
  lookedFor: number,
): Promise<boolean> => {
  if (plan.pooled === undefined || isReleased(plan)) return true
  if (found?.state === 'running' && Date.now() < plan.pooled.until) {
    const began = new Date(Date.now() - lookedFor).toISOString()
    if (!history.started) live.append({ type: 'turn.span', turn: plan.turn, name: 'pool', began, ms: lookedFor })
    return true
  }
  await engine.remove(plan.container.name)
  live.append(
    { type: 'notice', level: 'info', text: 'the pre-started sandbox is gone: Berth makes a new one' },
    { type: 'sandbox.fresh', turn: plan.turn, reason: 'sandbox-ended' },
  )
  return false
}

/**
 * True if nothing is left to do until a caller comes: the next caller gives the gateway its key again, and until then the
 * worker holds the agent's requests.
 */
const runsAlready = (live: LiveTask, plan: Plan): boolean =>
  plan.steps.length === 0 || (onlyGateway(plan) && live.callerContext === null && plan.login === undefined)

/** An agent that runs already may have its token or key, and print it. */
const adoptSecrets = async ({ live, plan, token }: Running, rest: Plan): Promise<void> => {
  if (plan.sshKeyInside === true) live.hide(copiedKeyLines(plan))
  const isBehind = plan.steps.some(({ id }) => id === 'daemon') && !rest.steps.some(({ id }) => id === 'daemon')
  if (isBehind) await token.adopted()
}

/** The steps that were begun before the turn; what they made for another plan, or too long ago, is removed. */
const earlySteps = async ({ plan, engine, early }: Running): Promise<EarlySteps | undefined> => {
  if (early === undefined || early.fits(plan)) return early
  await early.stop()
  await engine.remove(plan.container.name)
  return undefined
}

/** Carries out what is left of the launch. */
const launchRest = async (
  running: Running,
  parts: {
    readonly rest: Plan
    readonly found: ContainerInfo | undefined
    readonly context: HeldContext
    readonly key: ModelKey
    readonly loginFile: string | null
  },
): Promise<string> => {
  const { deps, live, plan, engine, control, history, signal, token } = running
  const { rest, found, context, key, loginFile } = parts
  const early = found === undefined ? await earlySteps(running) : undefined
  const either = AbortSignal.any([control.launchSignal, signal])
  const { container } = await launch({
    plan: rest,
    adopted: adoptedBy(rest, found),
    engine,
    git: deps.git,
    egress: deps.egress,
    callerEnv: context.callerEnv,
    forge: { of: deps.forges.of, onToken: recordToken(live, plan.turn) },
    env: context.env,
    key,
    loginFile,
    addedRules: () => launchRules({ deps, live, plan, signal: either }),
    tokenReady: token.ready,
    hide: live.hide,
    company: deps.config.companyNetwork(context.callerEnv),
    liveRules: () => live.record.liveRules,
    prompt: agentPrompt(live, plan, providerOf(deps, live, plan).supports),
    mirrorsDir: `${deps.installation.folders.state}/mirrors`,
    emit: (...events) => void live.append(...events.filter((event) => !isTold(history, event))),
    onContainer: (id) => void control.started(id),
    early,
    signal: either,
  })
  return container
}

/** Launches what is left, once the caller context and the key are there that it needs. */
const launchLeft = async (input: Running, rest: Plan, found: ContainerInfo | undefined): Promise<string> => {
  const context = await contextOf(input, rest)
  const login = loginOf(input.plan)
  const key = login === null ? { key: context.key } : await readyLogin(input, login)
  const isPut = rest.steps.some(({ id }) => id === 'login')
  const loginFile = login === null || !isPut ? null : await insideFile(input, login)
  const launched = (of: HeldContext) => launchRest(input, { rest, found, context: of, key, loginFile })
  return await launched(context).catch(async (error: unknown) => {
    if (!needsContext(context, error)) throw error
    return await launched(await lostContext(input))
  })
}

/**
 * Starts the container, or finds the one that an earlier supervisor left; null if that is gone. When the signal is
 * aborted, it leaves the begun work to the next supervisor.
 */
export const acquireContainer = async (input: Running): Promise<string | null> => {
  const { deps, live, plan, engine, control, history } = input
  const warm = plan.kept !== undefined
  // The machine died before the start was on the disk.
  if (!history.started && !warm && live.fromDisk) await engine.remove(plan.container.name)
  const began = performance.now()
  const look = history.started || warm || plan.pooled !== undefined
  const there = look ? await lookUntilKnown(input, plan.container.name, null) : undefined
  const found = (await stillWaits(input, there, Math.round(performance.now() - began))) ? there : undefined
  if ((history.container !== null || warm) && found === undefined) return null
  const held = history.started && (await deps.egress.held()).includes(live.id)
  // A supervisor that was killed may have journaled a rule, and not told the gateway.
  if (held) await deps.egress.setNetwork(live.id, gatewayNetwork(plan, rulesSince(live)))
  const rest = without(plan, taken(plan, found, held))
  // The agent has not begun and will not, so Berth asks nobody for its values.
  if (control.stop !== null && rest.steps.some((step) => step.id === 'order')) throw new Error(control.stop.reason)
  if (found !== undefined) {
    await control.started(found.id)
    await adoptSecrets(input, rest)
    if (runsAlready(live, rest)) return found.id
  }
  return await launchLeft(input, rest, found)
}
