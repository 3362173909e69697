import { setTimeout as sleep } from 'node:timers/promises'
import type { Plan } from '../../plan/plan.ts'
import type { LiveTask } from '../task/live-task.ts'
import { engineAway } from './engine-away.ts'

const AGAIN_MS = 500
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
