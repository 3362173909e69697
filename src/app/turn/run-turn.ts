import { setTimeout as sleep } from 'node:timers/promises'
import { classify } from '../../domain/classify.ts'
import type { Outcome } from '../../domain/outcome.ts'
import { retryAt } from '../../domain/retry.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { deliver } from '../delivery/deliver.ts'
import { workTaker } from '../delivery/take-work.ts'
import type { Deps } from '../deps.ts'
import { providerOf } from '../planning/choose-provider.ts'
import { diskFull } from '../task/disk-space.ts'
import type { LiveTask } from '../task/live-task.ts'
import { outcomeOfError } from '../task/outcome-of-error.ts'
import { takeSession } from '../task/session-file.ts'
import { turnHistory } from '../task/turn-history.ts'
import { obtain } from './acquire-container.ts'
import { endEvent, turnEnd } from './await-turn-end.ts'
import { type TurnControl, turnControl } from './control.ts'
import { ingest } from './frame-parser.ts'
import { guardTurn } from './guard-turn.ts'
import { takeFrames } from './record-frames.ts'
import type { Running } from './running.ts'
import { gatherLost } from './salvage-work.ts'
import { watchGateway } from './watch-gateway.ts'

const DRAIN_MS = 10_000
const LOST_PROCESS =
  'the worker reports that the container ran out of memory and lost a process; the agent went on (--memory gives it more)'

/** Whether somebody removes, or has removed, a container that ended too early. */
const isGone = async ({ engine, end }: Running, container: string): Promise<boolean> => {
  const found = await engine.inspect(container, end).catch(() => null)
  return found === undefined || found?.state === 'removing'
}

/** Waits for the end of an ended container's log as long as more of it comes; gives the error where it can't be read. */
const readRest = async (frames: Promise<void>, bytes: () => number): Promise<Error | null> => {
  const over = frames.then(
    () => null,
    (error: unknown) => error as Error,
  )
  for (let seen = -1; seen !== bytes(); ) {
    seen = bytes()
    const word = await Promise.race([over, sleep(DRAIN_MS, 'silent' as const, { ref: false })])
    if (word !== 'silent') return word
  }
  return null
}

const STOPS: ReadonlySet<string> = new Set(['kill', 'stop'])

/** Whether the engine has told of a stop or a kill of the turn's container. */
const wasStopped = ({ live, plan }: Running): boolean => {
  for (const event of live.journal.select('engine.event'))
    if (event.turn === plan.turn && event.container === plan.container.name && STOPS.has(event.action)) return true
  return false
}

/** `container`: null where it is gone; what it left on this side is taken all the same. */
const turnOutcome = async (running: Running, container: string | null): Promise<Outcome> => {
  const { deps, live, plan, control, history, end } = running
  const provider = providerOf(deps, live, plan)
  const taken = ingest({
    turn: plan.turn,
    parser: provider.parser({ previousThread: history.thread, resume: plan.resume }),
    journaled: history.position,
    keeps: plan.order.keepAliveMs !== undefined,
    redact: live.redact,
  })
  using gateway = watchGateway({
    deps,
    live,
    turn: plan.turn,
    after: history.gatewayLine,
    verdict: history.verdict,
    control,
    signal: end,
  })
  using guard = guardTurn({ plan, control, startedAt: history.startedAt, now: deps.clock.now })
  let bytes = 0
  await using taker = workTaker({ git: deps.git, folder: live.folder, plan, signal: end })
  const logged = (more: number) => {
    bytes += more
    guard.logged(more)
  }
  const enough = new AbortController()
  const reading = { ...running, end: AbortSignal.any([end, enough.signal]) }
  const { written } = guard
  const frames = takeFrames(reading, container, taken, { logged, written, bundled: taker.begin })
  frames.catch(() => {})
  const ended = await turnEnd(running, container, frames, taken.told)
  // Behind the worker's last word stands nothing of the turn, and engines end a log some time after its container.
  if (taken.told.ended) enough.abort()
  const unread = await readRest(frames, () => bytes)
  const told = taken.told
  const exit =
    told.ended || container === null || ended.gone ? ended : { ...ended, gone: await isGone(running, container) }
  if (unread !== null && !exit.gone) throw unread
  const provided = taken.verdict
  const verdict = await gateway.settle()
  end.throwIfAborted()
  const code = exit.gone ? null : exit.code
  if (history.exit === null && !history.types.has('container.kept')) live.append(endEvent(running, exit, told))
  faultPoint('container.exited')
  const agentEnd = told.agentEnd === null ? null : { ...told.agentEnd, message: told.agentEnd.message ?? null }
  const outcome = classify({
    exit: { ...exit, code },
    stop: history.publishing ? null : control.stop,
    verdict,
    failed: told.failed,
    agentEnd,
    ended: told.ended,
    dropped: told.dropped,
    provider: provided,
    stoppedByEngine: wasStopped(running),
  })
  if (outcome.result === 'done' && agentEnd?.oom && !live.record.warnings.includes(LOST_PROCESS))
    live.append({ type: 'notice', level: 'warning', text: LOST_PROCESS })
  const lost = told.ended ? null : await gatherLost({ ...running, signal: end })
  await takeSession(live.folder, plan)
  const { types, rebased } = history
  return await deliver({ deps, live, plan, outcome, work: told.work ?? lost, taker, told: types, rebased, signal: end })
}

/** When the turn is tried again by itself; null where it is not. */
const laterTry = ({ deps, live, plan }: Running, outcome: Outcome): string | null => {
  const tries = live.record.turns.find(({ turn }) => turn === plan.turn)?.tries ?? 0
  return plan.retry === undefined
    ? null
    : retryAt({ outcome, policy: plan.retry, tries, now: deps.clock.now().getTime() })
}

/**
 * One turn from its plan to its outcome. Called again for a turn that an earlier supervisor began, it goes on where the
 * journal ends. Never rejects but for a fault of ours or an aborted `end` (the supervisor leaves, the agent goes on).
 */
export const runTurn = async (input: {
  readonly deps: Pick<Deps, 'clock' | 'config' | 'egress' | 'engines' | 'git' | 'installation' | 'log'>
  readonly live: LiveTask
  readonly plan: Plan
  readonly engine: Engine
  readonly end: AbortSignal
  readonly onControl: (control: TurnControl) => void
}): Promise<void> => {
  const { deps, live, plan, engine, end } = input
  const history = turnHistory(live, plan.turn, plan.attempt)
  const graceMs = (plan.order.run?.interrupt.graceMs ?? 0) + (plan.order.run?.termGraceMs ?? 0)
  const control = turnControl({ live, turn: plan.turn, engine, graceMs })
  input.onControl(control)
  const running: Running = { deps, live, plan, engine, control, history, end }
  if (!history.started)
    live.append({ type: 'turn.started', turn: plan.turn, attempt: plan.attempt, container: plan.container.name })
  faultPoint('turn.started')
  if (history.stop !== null) await control.restore(history.stop)
  let outcome: Outcome
  let obtained = false
  try {
    const container = await obtain(running)
    obtained = true
    outcome = await turnOutcome(running, container)
  } catch (error) {
    end.throwIfAborted()
    // The agent goes on, and what it says waits in the container's log until there is space for it.
    if (obtained && diskFull(error)) throw error
    const { stop } = control
    outcome =
      stop?.by === 'user'
        ? { result: 'stopped', class: 'stopped', reason: stop.reason, exitCode: null }
        : outcomeOfError(error)
  } finally {
    control.end()
  }
  const until = laterTry(running, outcome)
  await live.commit(
    until === null
      ? { type: 'turn.ended', turn: plan.turn, outcome }
      : { type: 'turn.waiting', turn: plan.turn, until, outcome },
  )
  faultPoint('turn.ended')
}
