import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { Event } from '../domain/event.ts'
import {
  eachLine,
  eventOf,
  eventsIn,
  filterLines,
  firstLines,
  ofAll,
  rangeOf,
  type Wanted,
} from '../domain/event-line.ts'
import type { IndexedType } from '../domain/indexed-events.ts'
import { type JournalIndex, journalIndex, type Part } from './journal-index.ts'
import { lineEnd, pieces, piecesBack } from './journal-lines.ts'
import type { JournalReader, Lines } from './store.ts'

/** An open file, how much of it counts, and where in it what is. */
type Source = { readonly fd: number; readonly size: number; readonly index: () => JournalIndex }

/** Without the first lines, which are not wanted. */
export const without = (bytes: Buffer, lines: number): { readonly bytes: Buffer; readonly left: number } => {
  const { length, missing } = firstLines(bytes, lines)
  return { bytes: bytes.subarray(length), left: missing }
}

/** The lines after a number that can hold what is wanted. */
export function* linesAfter({ fd, size, index }: Source, after: number, wanted: Wanted): Generator<Lines> {
  const whole = after === 0 && wanted.since === undefined && wanted.turn === undefined
  const place = whole ? { offset: 0, skip: 0 } : index().behind(after)
  const parts: readonly Part[] = whole
    ? [{ span: [0, size], wanted: ofAll(wanted) }]
    : index().parts(place.offset, wanted)
  // Where the part that the number is in can hold nothing wanted, the others are behind it anyway.
  let skip = parts[0]?.span[0] === place.offset ? place.skip : 0
  for (const part of parts)
    for (const piece of pieces(fd, part.span)) {
      const { bytes, left } = without(piece.bytes, skip)
      skip = left
      if (bytes.length > 0) yield { bytes, wanted: part.wanted }
    }
}

const eventsAfter = function* (path: string, source: Source, after: number): Generator<Event> {
  for (const { bytes } of linesAfter(source, after, {})) yield* eventsIn(path, bytes)
}

function* selected(path: string, { fd, index }: Source, types: ReadonlySet<string>): Generator<Event> {
  for (const { offset, length } of index().places(types)) {
    const line = Buffer.allocUnsafe(length)
    const got = readSync(fd, line, 0, length, offset)
    const event = eventOf(path, line.toString('utf8', 0, got))
    if (types.has(event.type)) yield event
  }
}

/** Number of the last event in the first `size` bytes, 0 where there is none. */
export const lastSeq = (path: string, fd: number, size: number): number => {
  for (const { bytes } of pieces(fd, [lineEnd(fd, size - 1), size]))
    return eventOf(path, bytes.toString('utf8', 0, bytes.length - 1)).seq
  return 0
}

/** The number behind which the last `count` of the wanted events begin. */
const tailOf = (path: string, { fd, index, size }: Source, count: number, wanted: Wanted): number => {
  // Without a wish event n is line n.
  if (count === 0 || ofAll(wanted)) return Math.max(0, lastSeq(path, fd, size) - count)
  let left = count
  for (const part of index().parts(0, wanted).toReversed())
    for (const { bytes } of piecesBack(fd, part.span)) {
      const fitting = part.wanted ? bytes : filterLines(bytes, wanted)
      const starts: number[] = []
      eachLine(fitting, (start) => {
        starts.push(start)
        return undefined
      })
      if (starts.length >= left) return rangeOf(path, fitting.subarray(starts.at(-left)))[0] - 1
      left -= starts.length
    }
  return 0
}

/** Reads by a source that each call opens for itself, so that it may be slower than the journal's owner, who closes it. */
export const readerOf = (path: string, open: () => Source): JournalReader => {
  function* withSource<T>(use: (source: Source) => Iterable<T>): Generator<T> {
    const source = open()
    try {
      yield* use(source)
    } finally {
      closeSync(source.fd)
    }
  }
  return {
    read: (after = 0) => withSource((source) => eventsAfter(path, source, after)),
    select: <T extends IndexedType>(...types: readonly T[]) =>
      withSource((source) => selected(path, source, new Set(types))) as Iterable<Extract<Event, { type: T }>>,
    lines: (after, wanted) => withSource((source) => linesAfter(source, after, wanted)),
    tail: (count, wanted) => {
      for (const seq of withSource((source) => [tailOf(path, source, count, wanted)])) return seq
      return 0
    },
  }
}

/** A journal that may be written by somebody else at the same time, up to its last whole line. */
export const readJournal = (path: string): JournalReader =>
  readerOf(path, () => {
    const fd = openSync(path, 'r')
    const size = lineEnd(fd, fstatSync(fd).size)
    let index: JournalIndex | undefined
    const indexed = () => {
      if (index !== undefined) return index
      index = journalIndex(path, fd)
      index.catchUp(fd, size)
      return index
    }
    return { fd, size, index: indexed }
  })
