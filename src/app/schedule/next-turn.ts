import type { Engine } from '../../engines/engine.ts'
import type { EarlyContainer } from '../../launch/early-steps.ts'
import type { Plan } from '../../plan/plan.ts'
import { faultPoint } from '../../std/fault-point.ts'
import type { Deps } from '../deps.ts'
import { retryPrompt } from '../planning/agent-prompt.ts'
import { planNext } from '../planning/plan-next.ts'
import { planOfTurn } from '../task/journal-plans.ts'
import type { LiveTask } from '../task/live-task.ts'
import { outcomeOfError } from '../task/outcome-of-error.ts'
import { filesOf } from '../task/turn-files.ts'
import { attemptPrompt } from '../task/turn-prompts.ts'

/** One turn to run, and its engine. An edit replaces the plan while the turn waits. */
export type PlannedTurn = { plan: Plan; readonly engine: Engine; readonly early?: EarlyContainer | undefined }

/** True where the plan's turn is over, or its attempt is, and another one waits. */
export const isOver = (live: LiveTask, plan: Plan): boolean => {
  const found = live.record.turns.find(({ turn }) => turn === plan.turn)
  if (found === undefined) return false
  const again = found.state === 'queued' && found.attempt >= plan.attempt
  return found.outcome !== null || found.state === 'waiting' || again
}

const queued = (live: LiveTask) => live.record.turns.find((turn) => turn.state === 'queued')

/** Queues the turn again that waited for a time which has come; gives the time where it has not. */
const dueTime = async (deps: Pick<Deps, 'clock'>, live: LiveTask): Promise<string | null> => {
  const parked = live.record.turns.find(({ state }) => state === 'waiting')
  if (parked === undefined || live.record.waiting === null) return null
  const { until } = live.record.waiting
  if (Date.parse(until) > deps.clock.now().getTime()) return until
  const { turn, attempt } = parked
  await live.commit({ type: 'turn.again', turn, attempt: attempt + 1, prompt: retryPrompt(live, turn) })
  faultPoint('turn.due')
  return null
}

/**
 * The next queued turn, planned; one that cannot be planned has failed, and the one behind it is looked at. Where a turn
 * waits for a time, none comes before it.
 */
export const nextTurn = async (
  deps: Pick<Deps, 'clock' | 'config' | 'engines' | 'forges' | 'installation' | 'logins'>,
  live: LiveTask,
  shutdown: AbortSignal,
): Promise<PlannedTurn | { readonly until: string } | null> => {
  const until = await dueTime(deps, live)
  if (until !== null) return { until }
  for (let next = queued(live); next !== undefined; next = queued(live)) {
    const { turn } = next
    const attempt = next.attempt + 1
    const known = planOfTurn(live, turn, attempt)
    // A stop takes it back while it is planned, and tells its end.
    const takenBack = () => queued(live)?.turn !== turn
    try {
      const plan =
        known ??
        (await planNext({
          deps,
          live,
          turn,
          attempt,
          prompt: attemptPrompt(live, turn),
          files: filesOf(live, turn),
          signal: shutdown,
        }))
      if (takenBack()) continue
      if (known === undefined) await live.commit({ type: 'turn.planned', turn, plan })
      return { plan, engine: deps.engines.at(plan.engine.kind, plan.engine.endpoint) }
    } catch (error) {
      shutdown.throwIfAborted()
      if (takenBack()) continue
      await live.commit({ type: 'turn.ended', turn, outcome: outcomeOfError(error) })
    }
  }
  return null
}
