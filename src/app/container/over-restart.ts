import { setTimeout as sleep } from 'node:timers/promises'
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
