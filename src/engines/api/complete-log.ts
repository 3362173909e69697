import type { LogChunk } from '../engine.ts'
import { provenLog } from './proven-log.ts'

/**
 * Podman stops following half a second after the container's end, and from then on drops lines at random where its
 * reader is behind. So only what came while the container was seen to run is given from there; when it has ended its log
 * is read from the start, and what was given is left out. Its last lines alone cannot be asked for: a line that was
 * written in parts, as each long or quick one is, is put together wrongly there.
 */
export async function* completeLog(source: {
  /** Follows the log. */
  readonly follow: (signal: AbortSignal) => AsyncIterable<LogChunk>
  /** Resolves at the container's end. */
  readonly ended: (signal: AbortSignal) => Promise<unknown>
  /** Whether the container runs now. */
  readonly running: (signal: AbortSignal) => Promise<boolean>
  /** What is there, from the start. */
  readonly read: () => AsyncIterable<LogChunk>
  readonly signal: AbortSignal
}): AsyncGenerator<LogChunk> {
  const given: Record<LogChunk['stream'], number> = { stdout: 0, stderr: 0 }
  for await (const chunk of provenLog(source)) {
    given[chunk.stream] += chunk.data.length
    yield chunk
  }
  for await (const { stream, data } of source.read()) {
    const rest = data.subarray(given[stream])
    given[stream] = Math.max(0, given[stream] - data.length)
    if (rest.length > 0) yield { stream, data: rest }
  }
}
