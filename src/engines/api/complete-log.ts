import type { LogChunk } from '../engine.ts'
import { provenLog } from './proven-log.ts'

const TAIL_LINES = 1000
const ANCHOR = 4096

type Stream = LogChunk['stream']
type Texts = Record<Stream, Buffer>
const STREAMS = ['stdout', 'stderr'] as const

/** How much of each stream was given, and its end. */
const ledger = () => {
  const size: Record<Stream, number> = { stdout: 0, stderr: 0 }
  const end: Texts = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
  const add = ({ stream, data }: LogChunk) => {
    size[stream] += data.length
    end[stream] = Buffer.concat([end[stream], data]).subarray(-ANCHOR)
  }
  return { size, end, add }
}
type Ledger = ReturnType<typeof ledger>

const collect = async (chunks: AsyncIterable<LogChunk>): Promise<Texts> => {
  const parts: Record<Stream, Buffer[]> = { stdout: [], stderr: [] }
  for await (const { stream, data } of chunks) parts[stream].push(data)
  return { stdout: Buffer.concat(parts.stdout), stderr: Buffer.concat(parts.stderr) }
}

const lines = (text: Buffer) => text.toString('latin1').split('\n').length

/** What of the last lines was not given yet; undefined where that cannot be told from them. */
export const missingOf = (tail: Texts, given: Pick<Ledger, 'size' | 'end'>): Texts | undefined => {
  const whole = lines(tail.stdout) + lines(tail.stderr) < TAIL_LINES
  const rest = (stream: Stream): Buffer | undefined => {
    if (whole) return tail[stream].subarray(given.size[stream])
    const anchor = given.end[stream]
    const at = anchor.length === 0 ? -1 : tail[stream].indexOf(anchor)
    const once = at >= 0 && tail[stream].indexOf(anchor, at + 1) < 0
    return once ? tail[stream].subarray(at + anchor.length) : undefined
  }
  const [stdout, stderr] = [rest('stdout'), rest('stderr')]
  return stdout === undefined || stderr === undefined ? undefined : { stdout, stderr }
}

/**
 * Podman stops following half a second after the container's end, and from then on drops lines at random where its
 * reader is behind. So only what came while the container was seen to run is given from there; the rest is read when it
 * has ended: the last lines, and where those do not reach back to what was given, all.
 */
export async function* completeLog(source: {
  /** Follows the log. */
  readonly follow: (signal: AbortSignal) => AsyncIterable<LogChunk>
  /** Resolves at the container's end. */
  readonly ended: (signal: AbortSignal) => Promise<unknown>
  /** Whether the container runs now. */
  readonly running: (signal: AbortSignal) => Promise<boolean>
  /** What is there, in whole or its last lines. */
  readonly read: (lines: number | null) => AsyncIterable<LogChunk>
  readonly signal: AbortSignal
}): AsyncGenerator<LogChunk> {
  const given = ledger()
  for await (const chunk of provenLog(source)) {
    given.add(chunk)
    yield chunk
  }
  const missing = missingOf(await collect(source.read(TAIL_LINES)), given)
  if (missing !== undefined) {
    for (const stream of STREAMS) if (missing[stream].length > 0) yield { stream, data: missing[stream] }
    return
  }
  const skip = { ...given.size }
  for await (const { stream, data } of source.read(null)) {
    const rest = data.subarray(skip[stream])
    skip[stream] = Math.max(0, skip[stream] - data.length)
    if (rest.length > 0) yield { stream, data: rest }
  }
}
