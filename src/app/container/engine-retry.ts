import { setTimeout as sleep } from 'node:timers/promises'
import { BerthError } from '../../domain/errors.ts'
import type { Plan } from '../../plan/plan.ts'
import type { LiveTask } from '../task/live-task.ts'

/** True for the error of an engine that does not answer: what becomes of its containers is not known. */
export const engineAway = (error: unknown): boolean =>
  error instanceof BerthError && (error.code === 'engine-down' || error.code === 'engine-timeout')

const AGAIN_MS = 500
const TRIES = 120

/** Does what can be done again over a restart of the engine. Rejects where it stays away. */
export const overRestart = async (use: () => Promise<void>, end: AbortSignal): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await use()
    } catch (error) {
      if (!engineAway(error) || tries === TRIES) throw error
      await sleep(AGAIN_MS, undefined, { signal: end })
    }
  }
}

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
  const until = Date.now() + LIMIT_MS
  let lost = false
  const back = () => {
    if (lost) live.append({ type: 'engine.back', turn: plan.turn })
    lost = false
  }
  for (;;) {
    try {
      const result = await use()
      back()
      return result
    } catch (error) {
      signal.throwIfAborted()
      if (!engineAway(error)) back()
      if (!engineAway(error) || Date.now() > until) throw error
      if (!lost) live.append({ type: 'engine.lost', turn: plan.turn, reason: (error as Error).message })
      lost = true
      await sleep(AGAIN_MS, undefined, { signal })
    }
  }
}
