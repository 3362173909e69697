import { setTimeout as delay } from 'node:timers/promises'
import { sessionOf, signalSession } from '../inside/signal-session.ts'
import { killUntilGone } from '../std/processes.ts'

const HANG_UP_MS = 1000
const KILL_MS = 5000
const LOOK_MS = 20
/** For callers to hear how their programs ended. */
const LAST_WORD_MS = 1000

/** The sessions of programs that run for callers. */
export type Programs = {
  /** `served` resolves when the caller has heard of its end. */
  add(leader: number, served: Promise<void>): void
  /** Ends what is left of a session: HUP, then KILL. */
  end(leader: number): Promise<void>
  /** Kills them all, and lets the callers hear of it. */
  kill(): Promise<void>
}

export const programs = (): Programs => {
  const running = new Map<number, Promise<void>>()
  const kill = (leader: number) => killUntilGone(() => sessionOf(leader), KILL_MS)
  return {
    add: (leader, served) => {
      running.set(leader, served)
      void served.then(() => running.delete(leader))
    },
    end: async (leader) => {
      signalSession(leader, 'SIGHUP')
      const until = Date.now() + HANG_UP_MS
      while (sessionOf(leader).length > 0 && Date.now() < until) await delay(LOOK_MS)
      await kill(leader)
    },
    kill: async () => {
      if (running.size === 0) return
      const served = [...running.values()]
      await Promise.all([...running.keys()].map(kill))
      await Promise.race([Promise.all(served), delay(LAST_WORD_MS)])
    },
  }
}
