import type { Frame } from '../../domain/worker-protocol.ts'
import type { Engine } from '../../engines/engine.ts'
import { backoff } from '../../std/backoff.ts'
import { engineAway } from './engine-retry.ts'
import { frameReader } from './frame-reader.ts'

const BACK_MS = 5000

/** Whether more may come: the container runs, or the engine makes no sense at the moment. */
const mayRun = async (engine: Engine, container: string, signal: AbortSignal): Promise<boolean> => {
  try {
    const found = await engine.inspect(container, signal)
    return found?.state === 'running' || found?.state === 'paused'
  } catch {
    return true
  }
}

export type Batch = {
  readonly frames: readonly { readonly frame: Frame; readonly line: string }[]
  readonly untrusted: readonly string[]
  /** Size of the piece of log these were in, and how much of it had a number that was taken in before. */
  readonly bytes: number
  readonly again: number
  /** Counts from 1: how often the log was read from somewhere before. */
  readonly reading: number
}

/**
 * Follows a container's log to its end, over restarts of the engine and whatever else it answers meanwhile. `known` is the last frame that was taken in before,
 * `since` its time in ms: the log is read from five seconds before, and from its start where that leaves a hole.
 */
export async function* follow(input: {
  readonly engine: Engine
  readonly container: string
  readonly known: number
  readonly since: number | null
  readonly signal: AbortSignal
}): AsyncGenerator<Batch> {
  const { engine, container, signal } = input
  let known = input.known
  let since = input.since
  const { pause, reset } = backoff(signal)
  let over = false
  let reading = 0
  while (!signal.aborted) {
    const reader = frameReader(known)
    let hole = false
    reading += 1
    const from = since === null ? {} : { since: new Date(since - BACK_MS).toISOString() }
    try {
      for await (const chunk of engine.logs(container, { follow: true, ...from }, signal)) {
        reset()
        const frames: Batch['frames'][number][] = []
        const untrusted: string[] = []
        let again = 0
        for (const accepted of reader.push(chunk.data)) {
          if (accepted.kind === 'frame') frames.push(accepted)
          else if (accepted.kind === 'untrusted') untrusted.push(accepted.line)
          else if (accepted.kind === 'again') again += accepted.bytes
          else if (since !== null) hole = true
          else untrusted.push(`frame ${accepted.got} came where frame ${accepted.expected} was next`)
          if (hole) break
        }
        known = reader.last
        const last = frames.at(-1)
        over ||= frames.some(({ frame }) => frame.k === 'end')
        yield { frames, untrusted, bytes: chunk.data.length, again, reading }
        if (last !== undefined && since !== null) since = Math.min(last.frame.t, Date.now())
        if (hole) break
      }
      if (!hole && (over || !(await mayRun(engine, container, signal)))) return
      since = null
      if (!hole) await pause()
    } catch (error) {
      if (signal.aborted) return
      if (!engineAway(error) && !(await mayRun(engine, container, signal))) throw error
      since = null
      await pause()
    }
  }
}
