import { BerthError } from '../../domain/errors.ts'
import { orderFile } from '../../domain/worker-protocol.ts'
import type { ContainerInfo } from '../../engines/engine.ts'
import { gatewayNetwork } from '../../launch/gateway-task.ts'
import { launch } from '../../launch/launch.ts'
import type { Plan } from '../../plan/plan.ts'
import type { StepId } from '../../plan/step.ts'
import { holdsFile } from '../../std/mounted-folder.ts'
import { agentPrompt } from '../planning/agent-prompt.ts'
import { providerOf } from '../planning/choose-provider.ts'
import { rulesSince } from '../task/added-rules.ts'
import type { HeldContext } from '../task/held-context.ts'
import type { LiveTask } from '../task/live-task.ts'
import { launchRules } from './launch-rules.ts'
import type { Running } from './running.ts'
import { lookUntilKnown } from './wait-for-exit.ts'

/** Events that a launch journals once, however many supervisors it takes. */
const ONCE: ReadonlySet<string> = new Set(['source.ready', 'container.created', 'container.started'])

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
  if (ended || released)
    return new Set<StepId>([
      'folders',
      'prompt',
      'mirror',
      'tree',
      'copy',
      'exchange',
      'create',
      'start',
      'check',
      'order',
      ...gateway,
    ])
  return new Set<StepId>(found.state === 'running' ? ['create', 'start', ...gateway] : gateway)
}

const without = (plan: Plan, skip: ReadonlySet<StepId>): Plan => ({
  ...plan,
  steps: plan.steps
    .filter((step) => !skip.has(step.id))
    .map((step) => ({ ...step, needs: step.needs.filter((id) => !skip.has(id)) })),
})

/** Waits for a caller context that was lost with a supervisor; the task is blocked meanwhile, and says what it needs. */
const contextOf = async ({ live, plan, control, signal }: Running): Promise<HeldContext> => {
  if (live.callerContext !== null) return live.callerContext
  if (plan.envFrom.length > 0) {
    const names = plan.envFrom.join(', ')
    throw new BerthError(
      'bad-env',
      `the supervisor ended before the agent began, and the values of --env ${names} ended with it`,
      {
        hint: `\`berth resume ${live.id}\` gives them again, from this shell, the config file or --env NAME=VALUE.`,
      },
    )
  }
  const name = plan.model?.key?.replace('env:', '') ?? 'its environment'
  await live.commit({
    type: 'turn.blocked',
    turn: plan.turn,
    reason: `${name} was lost with the supervisor: run any berth command in a shell that has it`,
  })
  const given = await live.provided(AbortSignal.any([control.launchSignal, signal]))
  live.append({ type: 'turn.unblocked', turn: plan.turn })
  return given
}

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
  live.append({
    type: 'notice',
    level: 'info',
    text: 'the pre-started sandbox is gone: Berth makes a new one',
  })
  return false
}

/**
 * True if nothing is left to do until a caller comes: the next caller gives the gateway its key again, and until then the
 * worker holds the agent's requests.
 */
const runsAlready = (live: LiveTask, { steps }: Plan): boolean =>
  steps.length === 0 || (steps.every(({ id }) => id === 'gateway') && live.callerContext === null)

/**
 * Starts the container, or finds the one that an earlier supervisor left; null if that is gone. When the signal is
 * aborted, it leaves the begun work to the next supervisor.
 */
export const acquireContainer = async (input: Running): Promise<string | null> => {
  const { deps, live, plan, engine, control, history, signal } = input
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
    if (runsAlready(live, rest)) return found.id
  }
  const context = await contextOf(input)
  const { container } = await launch({
    plan: rest,
    adopted: adoptedBy(rest, found),
    engine,
    git: deps.git,
    egress: deps.egress,
    ...context,
    addedRules: () => launchRules({ ...input, signal: AbortSignal.any([control.launchSignal, signal]) }),
    company: deps.config.companyNetwork(context.callerEnv),
    liveRules: () => live.record.liveRules,
    prompt: agentPrompt(live, plan, providerOf(deps, live, plan).supports),
    mirrorsDir: `${deps.installation.folders.state}/mirrors`,
    emit: (...events) =>
      void live.append(...events.filter(({ type }) => !ONCE.has(type) || !history.journaledTypes.has(type))),
    onContainer: (id) => void control.started(id),
    signal: AbortSignal.any([control.launchSignal, signal]),
  })
  return container
}
