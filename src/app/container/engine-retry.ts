import { BerthError } from '../../domain/errors.ts'
import type { Plan } from '../../plan/plan.ts'
import { every, retry } from '../../std/retry.ts'
import type { LiveTask } from '../task/live-task.ts'

/** True for the error of an engine that does not answer: what becomes of its containers is not known. */
export const engineAway = (error: unknown): boolean =>
  error instanceof BerthError && (error.code === 'engine-down' || error.code === 'engine-timeout')

const AGAIN_MS = 500
const RETRIES = 119

/** Does what can be done again over a restart of the engine. Rejects where it stays away. */
export const overRestart = (use: () => Promise<void>, shutdown: AbortSignal): Promise<void> =>
  retry(use, { while: engineAway, delays: every(AGAIN_MS, RETRIES), signal: shutdown })

const LIMIT_MS = 10 * 60_000

/**
 * Does what can be done again until the engine answers; meanwhile the task is unreachable, and has not failed. Rejects
 * with what else goes wrong, or where the engine stays away.
 */
export const whenEngineAnswers = async <T>(
  input: { readonly live: Pick<LiveTask, 'append'>; readonly plan: Plan; readonly signal: AbortSignal },
  use: () => Promise<T>,
): Promise<T> => {
  const { live, plan, signal } = input
  let lost = false
  const back = () => {
    if (lost) live.append({ type: 'engine.back', turn: plan.turn })
    lost = false
  }
  const onRetry = (error: unknown) => {
    if (!lost) live.append({ type: 'engine.lost', turn: plan.turn, reason: (error as Error).message })
    lost = true
  }
  const until = Date.now() + LIMIT_MS
  try {
    const result = await retry(use, { while: engineAway, delays: every(AGAIN_MS), until, onRetry, signal })
    back()
    return result
  } catch (error) {
    if (!signal.aborted && !engineAway(error)) back()
    throw error
  }
}
