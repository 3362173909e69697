import { setTimeout as sleep } from 'node:timers/promises'
import { afterTurn } from './after-turn.ts'
import { engineAway } from './engine-away.ts'

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

/**
 * What is left to do after a turn, over a restart of the engine: the turns that are queued behind it shall begin. Rejects
 * where the engine stays away; the next supervisor cleans up then.
 */
export const cleanUp = (input: Parameters<typeof afterTurn>[0], end: AbortSignal): Promise<void> =>
  overRestart(() => afterTurn(input), end)
