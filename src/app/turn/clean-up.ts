import { overRestart } from '../container/over-restart.ts'
import { afterTurn } from './after-turn.ts'

/**
 * What is left to do after a turn, over a restart of the engine: the turns that are queued behind it shall begin. Rejects
 * where the engine stays away; the next supervisor cleans up then.
 */
export const cleanUp = (input: Parameters<typeof afterTurn>[0], end: AbortSignal): Promise<void> =>
  overRestart(() => afterTurn(input), end)
