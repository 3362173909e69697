import type { EventBody } from '../../domain/event.ts'
import type { WorkerReport } from './frame-parser.ts'
import type { Running } from './running.ts'
import { type Exit, GONE, waitForExit } from './wait-for-exit.ts'

/** `idle`: the container is alive, and its worker reported the turn's exit code. */
export type TurnEnd = Exit & { readonly idle: boolean }

/** The end of a container that is gone with its log: from the journal, or from the recorded frames. */
const endOfGone = ({ history: { exit } }: Running, report: WorkerReport): TurnEnd => {
  if (exit === null)
    return report.idle === null
      ? { ...GONE, idle: false }
      : { ...GONE, code: report.idle.code, gone: false, idle: false }
  const { exitCode, oom, error = null } = exit
  return { code: exitCode ?? -1, oom, error, gone: exitCode === null, idle: false }
}

/**
 * Waits for the container's end, or until its worker reports that the turn is over and waits for a further one.
 * `container`: null where it is gone. `frames` ends with its log, or with that word.
 */
export const awaitTurnEnd = async (
  running: Running,
  container: string | null,
  frames: Promise<void>,
  report: WorkerReport,
): Promise<TurnEnd> => {
  if (container === null) {
    await frames.catch(() => {})
    return endOfGone(running, report)
  }
  const over = new AbortController()
  const exit = waitForExit({ ...running, signal: AbortSignal.any([running.signal, over.signal]) }, container).then(
    (end): TurnEnd => ({ ...end, idle: false }),
  )
  exit.catch(() => {})
  const idle = async (): Promise<TurnEnd> => {
    await frames.catch(() => {})
    // A container that was asked to stop does not stay warm.
    if (report.idle === null || running.control.stop !== null) return await exit
    return { code: report.idle.code, oom: false, error: null, gone: false, idle: true }
  }
  try {
    return await Promise.race([exit, idle()])
  } finally {
    over.abort()
  }
}

/** The event of a turn's end: its container has ended, or stays warm until a time. */
export const endEvent = ({ plan, control }: Running, exit: TurnEnd, report: WorkerReport): EventBody => {
  const { turn, keepAliveMs = 0 } = plan
  const exitCode = exit.gone ? null : exit.code
  if (exit.idle && report.idle !== null && control.stop === null) {
    const { n: frame, t: since } = report.idle
    // The worker's clock is not trusted.
    const until = new Date(Math.min(since, Date.now()) + keepAliveMs).toISOString()
    return { type: 'container.kept', turn, exitCode, until, frame, since }
  }
  // Only the engine's report: the worker's is in `agent.ended`.
  return {
    type: 'container.exited',
    turn,
    exitCode,
    oom: exit.oom,
    ...(exit.error === null ? {} : { error: exit.error }),
  }
}
