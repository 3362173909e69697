import { isDeeplyNested } from '../std/nesting.ts'
import { isCount, isPlainObject, isTime } from '../std/shape.ts'
import { BerthError } from './errors.ts'
import type { Event } from './event.ts'
import { isWellFormed } from './event-shape.ts'

const NEWLINE = 10
/** Asks the API for events as lines. */
export const EVENT_LINES = 'application/x-ndjson'
const HEAD_BYTES = 160
const HEAD = /^\{"v":1,"seq":(\d+),"at":"([^"\\]*)",(?:"turn":(\d+),)?"type":"([^"\\]*)"(?:,"turn":(\d+))?/

/** The first fields of a journal's line. `turn` is null if the event has none, or has it later in the line. */
export type Head = {
  readonly seq: number
  readonly at: string
  readonly type: string
  readonly turn: number | null
}

const SHOWN = 200

/** The event for a line that does not fit its type: Berth believes nothing in it. */
const untrusted = (line: string, seq: number, value: Readonly<Record<string, unknown>>): Event => ({
  v: 1,
  seq,
  at: isTime(value['at']) ? String(value['at']) : new Date(0).toISOString(),
  type: 'untrusted',
  turn: isCount(value['turn']) ? Number(value['turn']) : 0,
  text: `this line is not an event: ${line.slice(0, SHOWN)}`,
})

/**
 * The event of a line. A line that does not fit its type (an older version may have written it) gives an `untrusted` event;
 * a line that is no event at all throws corrupt-record with the journal's path.
 */
export const eventOf = (path: string, line: string): Event => {
  try {
    const value: unknown = JSON.parse(line)
    if (isPlainObject(value) && value['v'] === 1 && isCount(value['seq']) && typeof value['type'] === 'string')
      return isWellFormed(value) && !isDeeplyNested(line)
        ? (value as Event)
        : untrusted(line, Number(value['seq']), value)
  } catch {}
  throw new BerthError('corrupt-record', `${path}: a line of the journal is not an event: ${line.slice(0, 80)}`)
}

const turnOf = (event: Event): number | null => ('turn' in event ? event.turn : null)

/**
 * The first fields of the line from byte `start` to `end`, if possible without parsing the rest; undefined for no
 * event.
 */
export const headOf = (bytes: Buffer, start: number, end: number): Head | undefined => {
  const found = HEAD.exec(bytes.toString('latin1', start, Math.min(end, start + HEAD_BYTES)))
  if (found !== null) {
    const [, seq, at = '', before, type = '', behind] = found
    const turn = before ?? behind
    return { seq: Number(seq), at, type, turn: turn === undefined ? null : Number(turn) }
  }
  try {
    const event = eventOf('', bytes.toString('utf8', start, end))
    return { seq: event.seq, at: event.at, type: event.type, turn: turnOf(event) }
  } catch {
    return undefined
  }
}

/** Calls `take` with the start and end of each whole line, without its newline, until `take` returns false. */
export const eachLine = (bytes: Buffer, take: (start: number, end: number) => boolean | undefined): void => {
  let start = 0
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    if (take(start, end) === false) return
    start = end + 1
  }
}

/** The events of whole lines. */
export const eventsIn = (path: string, bytes: Buffer): readonly Event[] => {
  const events: Event[] = []
  eachLine(bytes, (start, end) => {
    events.push(eventOf(path, bytes.toString('utf8', start, end)))
    return undefined
  })
  return events
}

/** The bytes of the first lines, and how many of the wanted lines are missing. */
export const firstLines = (bytes: Buffer, count: number): { readonly length: number; readonly missing: number } => {
  let missing = count
  let length = 0
  if (count > 0)
    eachLine(bytes, (_, end) => {
      missing -= 1
      length = end + 1
      return missing > 0
    })
  return { length, missing }
}

/** Number of the first of whole lines, and of the last. */
export const rangeOf = (path: string, bytes: Buffer): readonly [first: number, last: number] => {
  const start = bytes.lastIndexOf(NEWLINE, bytes.length - 2) + 1
  const numberAt = (from: number, end: number) =>
    headOf(bytes, from, end)?.seq ?? eventOf(path, bytes.toString('utf8', from, end)).seq
  return [numberAt(0, bytes.indexOf(NEWLINE)), numberAt(start, bytes.length - 1)]
}

/** Which events of a task a reader wants; without a field, no matter which. */
export type Wanted = {
  /** Not older than this, ISO 8601 in UTC with milliseconds. */
  readonly since?: string
  readonly turn?: number
  readonly types?: ReadonlySet<string>
}

const TIME = '2026-01-01T00:00:00.000Z'.length
const BEGIN = Buffer.from('{"v":1,"seq":')
const BEFORE_SEQ = BEGIN.length
const BEFORE_TIME = ',"at":"'.length
const [COMMA, QUOTE, ZERO, NINE] = [0x2c, 0x22, 0x30, 0x39]

/**
 * Whether the line that begins at `start` is older than a time, by its bytes alone; undefined where they are not as
 * usual.
 */
const isOlder = (bytes: Buffer, start: number, since: Buffer): boolean | undefined => {
  let at = start + BEFORE_SEQ
  for (let digit = bytes[at] ?? 0; digit >= ZERO && digit <= NINE; digit = bytes[at] ?? 0) at += 1
  const from = at + BEFORE_TIME
  if (bytes[at] !== COMMA || bytes[from - 1] !== QUOTE || bytes[from + TIME] !== QUOTE) return undefined
  return bytes.compare(since, 0, TIME, from, from + TIME) < 0
}

/**
 * The number of the event whose line begins at `start`, by its bytes alone where they are as usual; undefined for no
 * event.
 */
export const seqOf = (bytes: Buffer, start: number, end: number): number | undefined => {
  if (BEGIN.compare(bytes, start, start + BEFORE_SEQ) !== 0) return headOf(bytes, start, end)?.seq
  let seq: number | undefined
  for (let at = start + BEFORE_SEQ; at < end; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte < ZERO || byte > NINE) break
    seq = (seq ?? 0) * 10 + byte - ZERO
  }
  return seq
}

const isWanted = ({ since, turn, types }: Wanted, bytes: Buffer, start: number, end: number): boolean => {
  const head = headOf(bytes, start, end)
  // The reader must see the damage.
  if (head === undefined) return true
  if (since !== undefined && head.at < since) return false
  if (types !== undefined && !types.has(head.type)) return false
  return turn === undefined || (head.turn ?? turnOf(eventOf('', bytes.toString('utf8', start, end)))) === turn
}

/** Whether no event is left out. */
export const ofAll = ({ since, turn, types }: Wanted) =>
  since === undefined && turn === undefined && types === undefined

/** The wanted ones of whole lines. */
export const filterLines = (bytes: Buffer, wanted: Wanted): Buffer => {
  if (ofAll(wanted)) return bytes
  const since = wanted.since?.length === TIME ? Buffer.from(wanted.since) : null
  const byTime = wanted.turn === undefined && wanted.types === undefined
  const wants = (start: number, end: number): boolean => {
    const older = since === null ? undefined : isOlder(bytes, start, since)
    if (older !== undefined && (older || byTime)) return !older
    return isWanted(wanted, bytes, start, end)
  }
  const kept: Buffer[] = []
  let from = -1
  eachLine(bytes, (start, end) => {
    const isOne = wants(start, end)
    if (!isOne && from >= 0) kept.push(bytes.subarray(from, start))
    if (!isOne) from = -1
    else if (from < 0) from = start
    return undefined
  })
  if (from >= 0) kept.push(bytes.subarray(from))
  return kept.length === 1 ? (kept[0] ?? bytes) : Buffer.concat(kept)
}
