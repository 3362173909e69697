import type { HeldContext } from '../task/held-context.ts'
import type { TurnContext } from '../task/turn-context.ts'
import { unlessStopped } from './unless-stopped.ts'

/**
 * Waits for a caller, as the caller context was lost with a supervisor, and does the work with it. The turn is blocked
 * until the work is over.
 */
export const withCaller = async <T>(
  { live, plan, signal }: Pick<TurnContext, 'live' | 'plan' | 'signal'>,
  reason: string,
  work: (callerEnv: HeldContext['callerEnv']) => Promise<T>,
): Promise<T> => {
  await live.commit({ type: 'turn.blocked', turn: plan.turn, reason })
  const { callerEnv } = await unlessStopped(live, signal, (either) => live.provided(either))
  try {
    return await work(callerEnv)
  } finally {
    if (!signal.aborted) live.append({ type: 'turn.unblocked', turn: plan.turn })
  }
}
