import type { Outcome, StopReason } from '../../domain/outcome.ts'
import type { Entry } from './registry.ts'

const stopped = (reason: string): Outcome => ({ result: 'stopped', class: 'stopped', reason, exitCode: null })

/** Asks the turn that runs to end; one that a fault of ours holds up is told when it goes on. */
const request = async ({ live, control }: Entry, reason: StopReason): Promise<void> => {
  if (control !== null) return await control.request(reason)
  const held = live.record.turns.find(({ state }) => state === 'running')
  if (held !== undefined && !live.record.stopping)
    await live.commit({ type: 'stop.requested', turn: held.turn, ...reason })
}

/** Ends the turn that runs, or waits for a time, so that the next one begins. */
export const interruptTurn = async (entry: Entry, reason: string): Promise<void> => {
  await request(entry, { by: 'user', reason })
  const parked = entry.live.record.turns.find(({ state }) => state === 'waiting')
  if (parked === undefined) return
  await entry.live.commit({ type: 'turn.ended', turn: parked.turn, outcome: stopped(reason) })
  entry.wake.abort()
}

/**
 * Ends all of a task's turns, and resolves when the one that ran is over and cleaned up after. What is sent meanwhile is
 * not waited for.
 */
export const stopTurns = async (entry: Entry, reason: StopReason, now: boolean): Promise<void> => {
  const { live, over, runningTurn } = entry
  const outcome = stopped(reason.reason)
  const waiting = live.record.turns.filter(({ state }) => state === 'queued' || state === 'waiting')
  await live.commit(...waiting.map(({ turn }) => ({ type: 'turn.ended' as const, turn, outcome })))
  await request(entry, reason)
  entry.wake.abort()
  if (now) await entry.control?.kill()
  await Promise.race([over, runningTurn?.catch(() => {})])
}
