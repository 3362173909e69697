import { setTimeout as sleep } from 'node:timers/promises'
import { BerthError } from '../../domain/errors.ts'
import type { Plan } from '../../plan/plan.ts'
import { sleepUntil } from '../../std/sleep-until.ts'
import { diskFull, whenThereIsSpace } from '../task/disk-space.ts'
import { lentVersion } from '../task/lent-version.ts'
import type { LiveTask } from '../task/live-task.ts'
import { outcomeOfError } from '../task/outcome-of-error.ts'
import { retryInternalFaults } from '../task/retry-internal-faults.ts'
import type { TurnControl } from '../turn/control.ts'
import { recordTurnEnd } from '../turn/record-turn-end.ts'
import { runTurn } from '../turn/run-turn.ts'
import { watchContainers } from '../turn/watch-containers.ts'
import { awaitOthers } from './await-others.ts'
import { isOver, nextTurn, type PlannedTurn } from './next-turn.ts'
import { prepareTurn } from './prepare-turn.ts'
import type { Entry } from './registry.ts'
import { renderPrompts } from './render-prompts.ts'
import type { Scheduler } from './scheduler.ts'
import type { Candidate } from './turn-queue.ts'
import { wakeably } from './wakeably.ts'

const turnOf = (live: LiveTask, turn: number) => live.record.turns.find((one) => one.turn === turn)

const loginIn = ({ provider, login, inside }: Plan): Pick<Candidate, 'login'> =>
  login === undefined ? {} : { login: { name: `${provider}/${login.name}`, inside: inside !== undefined } }

const candidateOf = ({ id, record }: LiveTask, plan: Plan): Candidate => ({
  ...loginIn(plan),
  id,
  priority: record.priority,
  labels: record.labels,
  since: record.turns.find((one) => one.turn === plan.turn)?.queuedAt ?? record.createdAt,
})

/** True for a turn that was let in and has not ended. */
const isUnderWay = (live: LiveTask, plan: Plan): boolean => {
  const state = turnOf(live, plan.turn)?.state
  return state !== undefined && state !== 'queued' && state !== 'waiting' && !isOver(live, plan)
}

/**
 * Takes the place of a turn that an earlier supervisor let in, before any other turn is let in. What was lent to it stays
 * lent.
 */
export const adoptTurn = ({ deps, queue }: Pick<Scheduler, 'deps' | 'queue'>, live: LiveTask, plan: Plan): void => {
  if (!isUnderWay(live, plan)) return
  queue.adopt(candidateOf(live, plan))
  if (plan.login !== undefined && plan.inside !== undefined && lentVersion(live, plan) !== null)
    deps.logins.adoptLent({ provider: plan.provider, name: plan.login.name }, live.id)
}

/** Waits for a place in the queue. False: the turn was withdrawn before it had one. */
const takePlace = async ({ queue, shutdown }: Scheduler, entry: Entry, { plan }: PlannedTurn): Promise<boolean> => {
  const { live } = entry
  const candidate = candidateOf(live, plan)
  let admitted = turnOf(live, plan.turn)?.state !== 'queued'
  if (admitted) queue.adopt(candidate)
  while (!admitted && !isOver(live, plan))
    await wakeably(entry, shutdown, async (signal) => {
      await queue.enter(candidate, signal)
      admitted = true
    })
  return admitted && !isOver(live, plan)
}

/** Runs a turn and its clean-up; skips what an earlier supervisor has done of it. */
const runPlanned = async (scheduler: Scheduler, entry: Entry, planned: PlannedTurn): Promise<void> => {
  const { deps, queue, warm, shutdown } = scheduler
  const { live } = entry
  const { engine } = planned
  const taken = turnOf(live, planned.plan.turn)?.state !== 'queued'
  const waits = live.record.after !== undefined
  const onControl = (control: TurnControl) => {
    entry.control = control
  }
  using containers = watchContainers({ deps, live, ...planned })
  try {
    if (waits) await awaitOthers(scheduler, entry, planned.plan)
    if (!isOver(live, planned.plan) && (await takePlace(scheduler, entry, planned))) {
      warm.forget(live.id)
      await prepareTurn(deps, live, planned, shutdown)
      if (waits) await renderPrompts(scheduler, live, planned.plan)
      const { plan, early } = planned
      // A stop, or a word that takes it back, may have come meanwhile.
      if (!isOver(live, plan)) await runTurn({ deps, live, plan, engine, early, signal: shutdown }, onControl)
    }
  } finally {
    // Nothing is made any more once a turn is cleaned up after, or left to the next supervisor.
    await planned.early?.stop()
    queue.leave(live.id)
    entry.control = null
  }
  await containers.settled()
  if (!live.record.clean && (await recordTurnEnd({ deps, live, ...planned, taken }, shutdown))) warm.watch(live, engine)
}

/** Waits until a turn's time has come, or until somebody wakes the task. */
const pause = async ({ deps, shutdown }: Scheduler, entry: Entry, until: string): Promise<void> => {
  if (entry.live.record.state !== 'waiting') return
  await wakeably(entry, shutdown, (signal) => sleepUntil(until, deps.clock.now, signal))
}

/** Records a turn as failed that an internal fault keeps from ending; the turns behind it begin. */
const giveUp = async (
  { deps, shutdown }: Scheduler,
  { live }: Entry,
  { plan, engine }: PlannedTurn,
  error: unknown,
) => {
  if (isOver(live, plan)) return
  const { reason, ...outcome } = outcomeOfError(error)
  const ours = error instanceof BerthError ? {} : ({ class: 'internal', reason: `a bug in Berth: ${reason}` } as const)
  await live.commit({ type: 'turn.ended', turn: plan.turn, outcome: { reason, ...outcome, ...ours } })
  await recordTurnEnd({ deps, live, plan, engine, taken: true }, shutdown)
}

const logTurn = ({ deps }: Pick<Scheduler, 'deps'>, { live }: Entry, error: unknown) =>
  deps.log({
    level: 'error',
    msg: 'turn',
    task: live.id,
    error: error instanceof Error ? error.stack : String(error),
  })

/** Runs a turn to its end and retries after internal faults. A turn that still cannot end fails, so the next one begins. */
const tryTurn = async (scheduler: Scheduler, entry: Entry, planned: PlannedTurn): Promise<void> => {
  const { shutdown } = scheduler
  const logError = (error: unknown) => logTurn(scheduler, entry, error)
  const waitBetween = (ms: number) =>
    wakeably(entry, shutdown, async (signal) => {
      await sleep(ms, undefined, { signal })
    })
  try {
    await retryInternalFaults(() => runPlanned(scheduler, entry, planned), {
      onRetry: logError,
      pause: waitBetween,
      shutdown,
    })
  } catch (error) {
    shutdown.throwIfAborted()
    if (diskFull(error)) throw error
    logError(error)
    await giveUp(scheduler, entry, planned, error).catch(logError)
  } finally {
    // A turn that another supervisor, or another try, goes on with keeps it.
    if (!isUnderWay(entry.live, planned.plan)) scheduler.deps.logins.giveBack(entry.live.id)
  }
}

/** Runs a task's turns one after the other, until none is queued and none waits for a time. */
const runTurns = async (scheduler: Scheduler, entry: Entry, first: PlannedTurn | null): Promise<void> => {
  const { deps, registry, alone, shutdown } = scheduler
  const { live } = entry
  /** A full disk holds a task up, and ends nothing: it goes on where its journal ends. */
  const spacious = <T>(use: () => Promise<T>) =>
    whenThereIsSpace(
      use,
      (error) => deps.log({ level: 'error', msg: 'disk full', task: live.id, error: String(error) }),
      shutdown,
    )
  try {
    for (let next: Awaited<ReturnType<typeof nextTurn>> = first; ; ) {
      if (next !== null && 'until' in next) await pause(scheduler, entry, next.until)
      else if (next !== null) {
        const planned = next
        entry.planned = planned
        entry.runningTurn = spacious(() => tryTurn(scheduler, entry, planned))
        await entry.runningTurn
      }
      next = await alone(live.id, async () => {
        const found = await spacious(() => nextTurn(deps, live, shutdown))
        // Nobody may queue a turn between the last look and this.
        if (found === null) await registry.end(entry)
        return found
      })
      if (next === null) return
    }
  } catch (error) {
    if (!shutdown.aborted) logTurn(scheduler, entry, error)
    await alone(live.id, () => registry.end(entry))
  }
}

/** Runs a task's turns, beginning with one that is planned, or with the next that is queued. */
export const beginTask = (scheduler: Scheduler, live: LiveTask, first: PlannedTurn | null): void => {
  const entry: Entry = {
    live,
    control: null,
    wake: new AbortController(),
    planned: null,
    runningTurn: null,
    over: Promise.resolve(),
  }
  scheduler.registry.add(entry)
  entry.over = runTurns(scheduler, entry, first)
}
