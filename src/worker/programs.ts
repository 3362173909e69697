import { setTimeout as delay } from 'node:timers/promises'
import { killUntilGone } from '../std/processes.ts'
import { sessionOf, signalSession } from './signal-session.ts'

const HANG_UP_MS = 1000
const KILL_MS = 5000
const LOOK_MS = 20

/** The sessions of programs that run for callers. */
export type Programs = {
  add(leader: number): void
  /** Ends what is left of a session: HUP, then KILL. */
  end(leader: number): Promise<void>
  /** Kills them all. */
  kill(): Promise<void>
}

export const programs = (): Programs => {
  const leaders = new Set<number>()
  const kill = async (leader: number) => {
    await killUntilGone(() => sessionOf(leader), KILL_MS)
    leaders.delete(leader)
  }
  return {
    add: (leader) => void leaders.add(leader),
    end: async (leader) => {
      signalSession(leader, 'SIGHUP')
      const until = Date.now() + HANG_UP_MS
      while (sessionOf(leader).length > 0 && Date.now() < until) await delay(LOOK_MS)
      await kill(leader)
    },
    kill: async () => void (await Promise.all([...leaders].map(kill))),
  }
}
