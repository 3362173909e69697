import {
  closeSync,
  existsSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import type { Event, EventBody } from '../domain/event.ts'
import type { Journal } from './store.ts'

const READ_BYTES = 256 * 1024
const NEWLINE = 10

/** Where the last line that ends before `limit` ends: behind its newline, or 0. */
const lineEnd = (fd: number, limit: number): number => {
  let end = limit
  const buffer = Buffer.alloc(64 * 1024)
  while (end > 0) {
    const start = Math.max(0, end - buffer.length)
    const got = readSync(fd, buffer, 0, end - start, start)
    const at = buffer.subarray(0, got).lastIndexOf(NEWLINE)
    if (at >= 0) return start + at + 1
    end = start
  }
  return 0
}

/** Length of the file up to its last newline: a torn last line was never acknowledged. */
const wholeLength = (fd: number): number => lineEnd(fd, fstatSync(fd).size)

const parseLine = (path: string, line: string): Event => {
  try {
    const value = JSON.parse(line) as Partial<Event>
    if (value.v === 1 && typeof value.seq === 'number' && typeof value.type === 'string') return value as Event
  } catch {}
  throw new BerthError('corrupt-record', `${path}: a line of the journal is no event: ${line.slice(0, 80)}`)
}

type Place = {
  readonly offset: number
  /** Lines that are not wanted: line n of a journal is its event n, so they are counted and not parsed. */
  readonly skip: number
}

/** Events from a place to byte `end`, a chunk at a time, with the offset behind each. */
function* scan(path: string, fd: number, place: Place, end: number): Generator<{ event: Event; offset: number }> {
  let rest: Buffer = Buffer.alloc(0)
  let position = place.offset
  let skip = place.skip
  while (position < end) {
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, end - position))
    const got = readSync(fd, buffer, 0, buffer.length, position)
    if (got === 0) return
    position += got
    const data = rest.length === 0 ? buffer.subarray(0, got) : Buffer.concat([rest, buffer.subarray(0, got)])
    let from = 0
    for (let at = data.indexOf(NEWLINE); at >= 0; at = data.indexOf(NEWLINE, from)) {
      const start = from
      from = at + 1
      if (skip > 0) skip -= 1
      else yield { event: parseLine(path, data.toString('utf8', start, at)), offset: position - data.length + from }
    }
    rest = data.subarray(from)
  }
}

/** A reader has a file of its own: it may be slower than the journal's owner, who closes it. */
function* eventsOf(path: string, after: number, end: (fd: number) => number): Generator<Event> {
  const fd = openSync(path, 'r')
  try {
    for (const { event } of scan(path, fd, { offset: 0, skip: after }, end(fd))) yield event
  } finally {
    closeSync(fd)
  }
}

const lastSeq = (path: string, fd: number, size: number): number => {
  for (const { event } of scan(path, fd, { offset: lineEnd(fd, size - 1), skip: 0 }, size)) return event.seq
  return 0
}

const fail = (path: string, error: NodeJS.ErrnoException): never => {
  if (error.code === 'ENOSPC')
    throw new BerthError('disk-full', `${path}: no space left to write the journal`, { cause: error })
  if (error.code === 'EACCES' || error.code === 'EROFS')
    throw new BerthError('state-not-writable', `${path}: ${error.code}`, { cause: error })
  throw error
}

/** Opens a task's journal for appending; made when missing. One writer: the supervisor. */
export const openJournal = (path: string, clock: () => Date = () => new Date()): Journal => {
  let fd: number
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    fd = openSync(path, existsSync(path) ? 'r+' : 'wx+', 0o600)
  } catch (error) {
    return fail(path, error as NodeJS.ErrnoException)
  }
  let size = wholeLength(fd)
  if (size < fstatSync(fd).size) ftruncateSync(fd, size)
  let seq: number
  try {
    seq = lastSeq(path, fd, size)
  } catch (error) {
    closeSync(fd)
    throw error
  }
  let open = true
  let syncing: Promise<void> | null = null
  let dirty = false
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const resolve of waiting) resolve()
    waiting.clear()
  }

  const sync = async (): Promise<void> => {
    // One that waited may have begun the next: what it began too early for is not on the disk.
    while (syncing !== null) await syncing
    if (!dirty || !open) return
    dirty = false
    syncing = new Promise<void>((resolve, reject) => fdatasync(fd, (error) => (error ? reject(error) : resolve())))
    try {
      await syncing
    } catch (error) {
      dirty = true
      throw error
    } finally {
      syncing = null
    }
  }

  const append = (bodies: readonly EventBody[]): readonly Event[] => {
    // The number of a closed file may be another file's by now.
    if (!open) throw new Error(`${path}: the journal is closed`)
    const at = clock().toISOString()
    const events = bodies.map((body, index) => ({ v: 1 as const, seq: seq + index + 1, at, ...body }))
    const bytes = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
    try {
      let written = 0
      while (written < bytes.length) written += writeSync(fd, bytes, written, bytes.length - written, size + written)
    } catch (error) {
      ftruncateSync(fd, size)
      fail(path, error as NodeJS.ErrnoException)
    }
    size += bytes.length
    seq += bodies.length
    dirty = true
    wake()
    return events
  }

  return {
    path,
    append,
    sync,
    get seq() {
      return seq
    },
    get offset() {
      return size
    },
    read: (after = 0) => eventsOf(path, after, () => size),
    async *follow(after, signal) {
      const own = openSync(path, 'r')
      signal.addEventListener('abort', wake)
      try {
        let place: Place = { offset: 0, skip: after }
        while (!signal.aborted) {
          for (const { event, offset } of scan(path, own, place, size)) {
            place = { offset, skip: 0 }
            yield event
            if (signal.aborted) return
          }
          if (place.offset < size && seq > after) continue
          if (!open || signal.aborted) return
          await new Promise<void>((resolve) => waiting.add(resolve))
        }
      } finally {
        signal.removeEventListener('abort', wake)
        closeSync(own)
      }
    },
    close() {
      if (!open) return
      open = false
      closeSync(fd)
      wake()
    },
  }
}

/** Events of a journal that may be written by somebody else at the same time, up to its last whole line. */
export const readJournal = (path: string, after: number): Generator<Event> => eventsOf(path, after, wholeLength)
