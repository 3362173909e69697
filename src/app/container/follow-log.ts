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

type Input = {
  readonly engine: Engine
  readonly container: string
  readonly known: number
  readonly since: number | null
  readonly signal: AbortSignal
}

/** How far the log is read; null for `since`: from its start. `hole`: the last reading ended at a missing frame. */
type Place = { known: number; since: number | null; hole: boolean; over: boolean }

type Sorted = Pick<Batch, 'frames' | 'untrusted' | 'again'> & { readonly hole: boolean }

/** Sorts a piece of log. Stops at a missing frame if the log can be read from an earlier place. */
const sort = (reader: ReturnType<typeof frameReader>, data: Buffer, mayGoBack: boolean): Sorted => {
  const frames: Batch['frames'][number][] = []
  const untrusted: string[] = []
  let again = 0
  for (const accepted of reader.push(data)) {
    if (accepted.kind === 'frame') frames.push(accepted)
    else if (accepted.kind === 'untrusted') untrusted.push(accepted.line)
    else if (accepted.kind === 'again') again += accepted.bytes
    else if (mayGoBack) return { frames, untrusted, again, hole: true }
    else untrusted.push(`frame ${accepted.got} came where frame ${accepted.expected} was next`)
  }
  return { frames, untrusted, again, hole: false }
}

/** Reads the log once, to its end or to a missing frame. */
async function* readOnce(
  { engine, container, signal }: Input,
  place: Place,
  reading: number,
  onPiece: () => void,
): AsyncGenerator<Batch> {
  const reader = frameReader(place.known)
  const from = place.since === null ? {} : { since: new Date(place.since - BACK_MS).toISOString() }
  place.hole = false
  for await (const chunk of engine.logs(container, { follow: true, ...from }, signal)) {
    onPiece()
    const { hole, ...sorted } = sort(reader, chunk.data, place.since !== null)
    const last = sorted.frames.at(-1)
    place.hole = hole
    place.known = reader.last
    place.over ||= sorted.frames.some(({ frame }) => frame.k === 'end')
    yield { ...sorted, bytes: chunk.data.length, reading }
    if (last !== undefined && place.since !== null) place.since = Math.min(last.frame.t, Date.now())
    if (hole) return
  }
}

/** Whether more of the log may come after a reading. Throws what no restart of an engine explains. */
const mayGoOn = async (
  { engine, container, signal }: Input,
  place: Place,
  fault: { readonly error: unknown } | null,
): Promise<boolean> => {
  if (signal.aborted) return false
  if (fault === null) return place.hole || (!place.over && (await mayRun(engine, container, signal)))
  if (!engineAway(fault.error) && !(await mayRun(engine, container, signal))) throw fault.error
  return true
}

/**
 * Follows a container's log to its end, over restarts of the engine and whatever else it answers meanwhile. `known` is
 * the last frame that was taken in before, `since` its time in ms: the log is read from five seconds before, and from
 * its start where that leaves a hole.
 */
export async function* followLog(input: Input): AsyncGenerator<Batch> {
  const { known, since, signal } = input
  const place: Place = { known, since, hole: false, over: false }
  const { pause, reset } = backoff(signal)
  for (let reading = 1; !signal.aborted; reading += 1) {
    let fault: { readonly error: unknown } | null = null
    try {
      yield* readOnce(input, place, reading, reset)
    } catch (error) {
      fault = { error }
    }
    if (!(await mayGoOn(input, place, fault))) return
    place.since = null
    if (fault !== null || !place.hole) await pause()
  }
}
