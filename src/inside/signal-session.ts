import { processes } from '../std/processes.ts'

/** Pids of a session, in whatever process groups they are. */
export const sessionOf = (leader: number): readonly number[] =>
  processes().flatMap(({ pid, session }) => (session === leader ? [pid] : []))

/** Sends a signal to all of a session. */
export const signalSession = (leader: number, signal: NodeJS.Signals): void => {
  for (const pid of sessionOf(leader)) {
    try {
      process.kill(pid, signal)
    } catch {
      // It was faster.
    }
  }
}
