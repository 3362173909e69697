import type { EventBody } from '../../domain/event.ts'
import type { Told } from './frame-parser.ts'
import type { Running } from './running.ts'
import { type Exit, GONE, waitForExit } from './wait-for-exit.ts'

/** `idle`: the container is alive, and the exit code is its worker's word for the turn. */
export type TurnEnd = Exit & { readonly idle: boolean }

/** What is known of a container's end when it is gone with its log: the journal may have it, or the frames that were taken. */
const endOfGone = ({ history: { exit } }: Running, told: Told): TurnEnd => {
  if (exit === null)
    return told.idle === null ? { ...GONE, idle: false } : { ...GONE, code: told.idle.code, gone: false, idle: false }
  const { exitCode, oom, error = null } = exit
  return { code: exitCode ?? -1, oom, error, gone: exitCode === null, idle: false }
}

/**
 * Waits for the container's end, or until its worker has told that the turn is over and that it waits for a further one.
 * `container`: null where it is gone. `frames` ends with its log, or with that word.
 */
export const turnEnd = async (
  running: Running,
  container: string | null,
  frames: Promise<void>,
  told: Told,
): Promise<TurnEnd> => {
  if (container === null) {
    await frames.catch(() => {})
    return endOfGone(running, told)
  }
  const over = new AbortController()
  const exit = waitForExit({ ...running, signal: AbortSignal.any([running.signal, over.signal]) }, container).then(
    (end): TurnEnd => ({ ...end, idle: false }),
  )
  exit.catch(() => {})
  const idle = async (): Promise<TurnEnd> => {
    await frames.catch(() => {})
    // Who was asked to stop is not kept.
    if (told.idle === null || running.control.stop !== null) return await exit
    return { code: told.idle.code, oom: false, error: null, gone: false, idle: true }
  }
  try {
    return await Promise.race([exit, idle()])
  } finally {
    over.abort()
  }
}

/** What the journal is told of a turn's end: that its container has ended, or is kept and until when. */
export const endEvent = ({ plan, control }: Running, exit: TurnEnd, told: Told): EventBody => {
  const { turn, keepAliveMs = 0 } = plan
  const exitCode = exit.gone ? null : exit.code
  if (exit.idle && told.idle !== null && control.stop === null) {
    const { n: frame, t: since } = told.idle
    // The worker's clock is the worker's word.
    const until = new Date(Math.min(since, Date.now()) + keepAliveMs).toISOString()
    return { type: 'container.kept', turn, exitCode, until, frame, since }
  }
  // The engine's word alone: what the worker says stands in `agent.ended`.
  return {
    type: 'container.exited',
    turn,
    exitCode,
    oom: exit.oom,
    ...(exit.error === null ? {} : { error: exit.error }),
  }
}
