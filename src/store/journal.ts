import { closeSync, existsSync, fdatasync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import type { Event, EventBody } from '../domain/event.ts'
import { followLines, type Growing } from './follow-lines.ts'
import { isIndexed, type JournalIndex, journalIndex } from './journal-index.ts'
import { lineEnd } from './journal-lines.ts'
import { lastSeq, readerOf } from './read-journal.ts'
import type { Journal } from './store.ts'

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
  // A torn last line was never acknowledged.
  let size = lineEnd(fd, fstatSync(fd).size)
  if (size < fstatSync(fd).size) ftruncateSync(fd, size)
  let seq: number
  try {
    seq = lastSeq(path, fd, size)
  } catch (error) {
    closeSync(fd)
    throw error
  }
  // Looked at before the journal grows: an index that does not fit goes.
  let index: JournalIndex | undefined = isIndexed(path) ? journalIndex(path, fd) : undefined
  const indexed = (from: number): JournalIndex => {
    index ??= journalIndex(path, from)
    index.catchUp(from, size)
    return index
  }
  /** What was appended last: who follows need not read it from the disk. */
  let latest = { bytes: Buffer.alloc(0), offset: size }
  let open = true
  let syncing: Promise<void> | null = null
  let dirty = false
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const tell of waiting) tell()
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
    latest = { bytes, offset: size }
    if (index?.end === size) index.take(latest, events)
    size += bytes.length
    seq += bodies.length
    dirty = true
    wake()
    return events
  }

  const growing: Growing = {
    path,
    index: indexed,
    get size() {
      return size
    },
    get seq() {
      return seq
    },
    get open() {
      return open
    },
    get latest() {
      return latest
    },
    onChange(tell) {
      waiting.add(tell)
      return () => void waiting.delete(tell)
    },
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
    ...readerOf(path, () => {
      const own = openSync(path, 'r')
      return { fd: own, size, index: () => indexed(own) }
    }),
    follow: (after, wanted, signal) => followLines(growing, after, wanted, signal),
    close() {
      if (!open) return
      open = false
      index?.save()
      closeSync(fd)
      wake()
    },
  }
}
