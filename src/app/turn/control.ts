import type { StopReason } from '../../domain/outcome.ts'
import type { Engine } from '../../engines/engine.ts'
import { faultPoint } from '../../std/fault-point.ts'
import type { LiveTask } from '../task/live-task.ts'

const MARGIN_MS = 10_000

/**
 * The way a running turn is stopped: TERM to the worker, which interrupts the agent in its provider's own way, and KILL
 * by the engine when that takes longer than the graces of the order. A stop before the start ends the launch.
 */
export const turnControl = (input: {
  readonly live: LiveTask
  readonly turn: number
  readonly engine: Engine
  readonly graceMs: number
}) => {
  const { live, turn, engine } = input
  const launching = new AbortController()
  let container: string | null = null
  let stop: StopReason | null = null
  let timer: NodeJS.Timeout | null = null
  const asked = new AbortController()
  let over = false

  const signalContainer = async () => {
    if (container === null || over) return
    const id = container
    await engine.kill(id, 'SIGTERM').catch(() => false)
    // The turn may have ended while the engine was asked.
    if (over) return
    timer ??= setTimeout(() => void engine.kill(id, 'SIGKILL').catch(() => false), input.graceMs + MARGIN_MS)
  }

  return {
    launchSignal: launching.signal,
    get stop() {
      return stop
    },
    /**
     * Aborted when somebody asks for the stop (a limit does not count): the rest of the turn must then not take long.
     */
    impatient: asked.signal,
    /** Asks for the stop once; a second call changes nothing. */
    async request(reason: StopReason): Promise<void> {
      if (reason.by === 'user') asked.abort()
      if (stop !== null || over) return
      stop = reason
      try {
        await live.commit({ type: 'stop.requested', turn, ...reason })
        faultPoint('stop.told')
      } finally {
        // Even if the event cannot be written: a full disk is a reason to stop.
        if (container === null) launching.abort(new Error(reason.reason))
        else await signalContainer()
        faultPoint('stop.sent')
      }
    },
    /** A stop that somebody asked an earlier supervisor for. */
    async restore(reason: StopReason): Promise<void> {
      stop = reason
      if (reason.by === 'user') asked.abort()
      await signalContainer()
    },
    async started(id: string): Promise<void> {
      container = id
      if (stop !== null) await signalContainer()
    },
    /** Kills at once. */
    async kill(): Promise<void> {
      asked.abort()
      if (container !== null) await engine.kill(container, 'SIGKILL').catch(() => false)
    },
    end(): void {
      over = true
      if (timer !== null) clearTimeout(timer)
    },
  }
}

export type TurnControl = ReturnType<typeof turnControl>
