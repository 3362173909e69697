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

/** Length of the file up to its last newline: a torn last line was never acknowledged. */
const wholeLength = (fd: number): number => {
  let end = fstatSync(fd).size
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

const parseLine = (path: string, line: string): Event => {
  try {
    const value = JSON.parse(line) as Partial<Event>
    if (value.v === 1 && typeof value.seq === 'number' && typeof value.type === 'string') return value as Event
  } catch {}
  throw new BerthError('corrupt-record', `${path}: a line of the journal is no event: ${line.slice(0, 80)}`)
}

/** Events from byte `offset` to byte `end`, a chunk at a time, with the offset behind each. */
function* scan(path: string, fd: number, offset: number, end: number): Generator<{ event: Event; offset: number }> {
  let rest: Buffer = Buffer.alloc(0)
  let position = offset
  while (position < end) {
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, end - position))
    const got = readSync(fd, buffer, 0, buffer.length, position)
    if (got === 0) return
    position += got
    const data = rest.length === 0 ? buffer.subarray(0, got) : Buffer.concat([rest, buffer.subarray(0, got)])
    let from = 0
    for (let at = data.indexOf(NEWLINE); at >= 0; at = data.indexOf(NEWLINE, from)) {
      const event = parseLine(path, data.toString('utf8', from, at))
      from = at + 1
      yield { event, offset: position - data.length + from }
    }
    rest = data.subarray(from)
  }
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
  let seq = 0
  for (const { event } of scan(path, fd, 0, size)) seq = event.seq
  let open = true
  let syncing: Promise<void> | null = null
  let dirty = false
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const resolve of waiting) resolve()
    waiting.clear()
  }

  const sync = async (): Promise<void> => {
    if (syncing !== null) await syncing
    if (!dirty || !open) return
    dirty = false
    syncing = new Promise<void>((resolve, reject) => fdatasync(fd, (error) => (error ? reject(error) : resolve())))
    try {
      await syncing
    } finally {
      syncing = null
    }
  }

  const append = (bodies: readonly EventBody[]): readonly Event[] => {
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
    *read(after = 0) {
      for (const { event } of scan(path, fd, 0, size)) if (event.seq > after) yield event
    },
    async *follow(after, signal) {
      let offset = 0
      signal.addEventListener('abort', wake, { once: true })
      while (!signal.aborted) {
        for (const item of scan(path, fd, offset, size)) {
          offset = item.offset
          if (item.event.seq > after) yield item.event
          if (signal.aborted) return
        }
        if (!open || signal.aborted) return
        if (offset < size) continue
        await new Promise<void>((resolve) => waiting.add(resolve))
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
export function* readJournal(path: string, after: number): Generator<Event> {
  const fd = openSync(path, 'r')
  try {
    for (const { event } of scan(path, fd, 0, wholeLength(fd))) if (event.seq > after) yield event
  } finally {
    closeSync(fd)
  }
}
