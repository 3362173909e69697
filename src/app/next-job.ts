import type { Engine } from '../engines/engine.ts'
import type { Plan } from '../plan/plan.ts'
import type { Deps } from './deps.ts'
import type { LiveTask } from './live-task.ts'
import { outcomeOfError } from './outcome-of-error.ts'
import { planNext } from './plan-next.ts'
import { filesOf } from './turn-files.ts'

/** One turn to run: its plan and the engine it runs on. */
export type Job = { readonly plan: Plan; readonly engine: Engine }

/** True where the journal has the outcome of the plan's turn. */
export const isOver = (live: LiveTask, plan: Plan): boolean =>
  live.record.turns.some((turn) => turn.turn === plan.turn && turn.outcome !== null)

const queued = (live: LiveTask) => live.record.turns.find((turn) => turn.state === 'queued')

const planned = (
  live: LiveTask,
  turn: number,
  attempt: number,
): { readonly plan: Plan | undefined; readonly prompt: string } => {
  let plan: Plan | undefined
  let prompt = ''
  for (const event of live.journal.read()) {
    if (!('turn' in event) || event.turn !== turn) continue
    if (event.type === 'turn.queued' || event.type === 'turn.edited' || event.type === 'turn.again')
      prompt = event.prompt
    if (event.type === 'turn.planned' && (event.plan as Plan).attempt === attempt) plan = event.plan as Plan
  }
  return { plan, prompt }
}

/** The next queued turn, planned; one that cannot be planned has failed, and the one behind it is looked at. */
export const nextJob = async (deps: Deps, live: LiveTask, signal: AbortSignal): Promise<Job | null> => {
  for (let next = queued(live); next !== undefined; next = queued(live)) {
    const { turn } = next
    const attempt = next.attempt + 1
    const known = planned(live, turn, attempt)
    // A stop takes it back while it is planned, and tells its end.
    const takenBack = () => queued(live)?.turn !== turn
    try {
      const plan =
        known.plan ??
        (await planNext({ deps, live, turn, attempt, prompt: known.prompt, files: filesOf(live, turn), signal }))
      if (takenBack()) continue
      if (known.plan === undefined) await live.commit({ type: 'turn.planned', turn, plan })
      return { plan, engine: deps.engines.at(plan.engine.kind, plan.engine.endpoint) }
    } catch (error) {
      signal.throwIfAborted()
      if (takenBack()) continue
      await live.commit({ type: 'turn.ended', turn, outcome: outcomeOfError(error) })
    }
  }
  return null
}
