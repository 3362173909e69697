import { isPlainObject } from '../std/shape.ts'
import type { Frame, TerminalSize } from './worker-protocol.ts'

/** What the terminal printed, a new size of it as COLUMNSxROWS, or a word of ours for a place. */
type CastKind = 'o' | 'r' | 'm'
export type CastEvent = { readonly seconds: number; readonly kind: CastKind; readonly text: string }
export type CastHeader = TerminalSize & { readonly startedAt: string | null }

/** The markers of places where output is missing. */
const CUT = 'output is missing from here: the output limit was reached'

type Recorded = {
  /** The frames of each attempt at the turn, in their order. */
  readonly attempts: Iterable<Iterable<Frame>>
  /** Of a terminal whose worker never told its size. */
  readonly size: TerminalSize
  readonly term: string
  readonly title: string
  /** When the turn began and ended by the host's clock: no event lies outside. */
  readonly from: Date
  readonly until: Date
  /** How large the recording may be. */
  readonly mostBytes: number
  readonly redact: (text: string) => string
}

/** Times of a recording by the worker's clock, which may be set meanwhile, and which an agent may have forged. */
const recordingClock = ({ from, until }: Pick<Recorded, 'from' | 'until'>) => {
  const begin = from.getTime()
  const mostMs = Math.max(0, until.getTime() - begin)
  let began: number | null = null
  let zero: number | null = null
  let base = 0
  let now = 0
  return {
    /** When the recording begins. */
    get startedAt() {
      return new Date(begin + Math.min(Math.max(0, (began ?? begin) - begin), mostMs))
    },
    /** The last time that it told. */
    get last() {
      return now / 1000
    },
    /** The next frame is of another attempt, which goes on where the last one ended. */
    again() {
      base = now
      zero = null
    },
    seconds(time: number): number {
      zero ??= time
      began ??= time
      now = Math.min(Math.max(now, base + time - zero), mostMs)
      return now / 1000
    },
  }
}

const bytesOf = (frame: Extract<Frame, { k: 'out' }>): Buffer =>
  'd' in frame ? Buffer.from(frame.d) : Buffer.from(frame.b, 'base64')

/** The events of an attempt's frames. A letter that lies in two frames comes with the second. */
function* eventsOfAttempt(frames: Iterable<Frame>, clock: ReturnType<typeof recordingClock>): Generator<CastEvent> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  for (const frame of frames) {
    if (frame.k === 'size') {
      yield { seconds: clock.seconds(frame.t), kind: 'r', text: `${frame.columns}x${frame.rows}` }
    } else if (frame.k === 'dropped') {
      yield { seconds: clock.last, kind: 'm', text: CUT }
    } else if (frame.k === 'out' && frame.s === 't') {
      const seconds = clock.seconds(frame.t)
      const text = decoder.decode(bytesOf(frame), { stream: true })
      if (text !== '') yield { seconds, kind: 'o', text }
    }
  }
  const rest = decoder.decode()
  if (rest !== '') yield { seconds: clock.last, kind: 'o', text: rest }
}

function* eventsOf(attempts: Recorded['attempts'], clock: ReturnType<typeof recordingClock>): Generator<CastEvent> {
  for (const frames of attempts) {
    clock.again()
    yield* eventsOfAttempt(frames, clock)
  }
}

const lineOf = ({ seconds, kind, text }: CastEvent): string => `${JSON.stringify([seconds, kind, text])}\n`

const sizeOf = ({ kind, text }: CastEvent, size: TerminalSize): TerminalSize => {
  if (kind !== 'r') return size
  const [columns = 0, rows = 0] = text.split('x').map(Number)
  return { columns, rows }
}

/**
 * A turn's terminal as an asciicast of version 2, line by line: a header, then what was printed and when. Nothing for a
 * turn whose terminal printed nothing yet. What was typed is in no frame, and so not in here.
 */
export function* asciicast(recorded: Recorded): Generator<string> {
  const { attempts, size, term, title, mostBytes, redact } = recorded
  const clock = recordingClock(recorded)
  const events = eventsOf(attempts, clock)
  const first = events.next()
  if (first.done) return
  const { columns: width, rows: height } = sizeOf(first.value, size)
  const timestamp = Math.floor(clock.startedAt.getTime() / 1000)
  const header = `${JSON.stringify({ version: 2, width, height, timestamp, title: redact(title), env: { TERM: term } })}\n`
  let left = mostBytes - Buffer.byteLength(header)
  const line = (event: CastEvent): string => {
    const text = lineOf({ ...event, text: redact(event.text) })
    left -= Buffer.byteLength(text)
    return left < 0 ? lineOf({ ...event, kind: 'm', text: CUT }) : text
  }
  yield header
  // The first size stands in the header.
  if (first.value.kind !== 'r') yield line(first.value)
  for (const event of events) {
    if (left < 0) return
    yield line(event)
  }
}

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** The header of a recording; undefined for a line that is none. */
export const castHeader = (line: string): CastHeader | undefined => {
  const value = parsed(line)
  if (!isPlainObject(value)) return undefined
  const { version, width, height, timestamp } = value
  if (version !== 2 || typeof width !== 'number' || typeof height !== 'number') return undefined
  const startedAt = typeof timestamp === 'number' ? new Date(timestamp * 1000).toISOString() : null
  return { columns: width, rows: height, startedAt }
}

/** An event of a recording; undefined for a line that is none. */
export const castEvent = (line: string): CastEvent | undefined => {
  const value = parsed(line)
  if (!Array.isArray(value)) return undefined
  const [seconds, kind, text] = value as readonly unknown[]
  if (typeof seconds !== 'number' || typeof text !== 'string') return undefined
  return kind === 'o' || kind === 'r' || kind === 'm' ? { seconds, kind, text } : undefined
}
