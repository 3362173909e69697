import { closeSync, existsSync, fdatasync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import type { Event, EventBody } from '../domain/event.ts'
import { noSpace } from '../std/no-space.ts'
import { followLines, type Growing } from './follow-lines.ts'
import { isIndexed, type JournalIndex, journalIndex } from './journal-index.ts'
import { lineEnd } from './journal-lines.ts'
import { lastSeq, readerOf } from './read-journal.ts'
import type { Journal } from './store.ts'

const fail = (path: string, error: NodeJS.ErrnoException): never => {
  if (noSpace(error))
    throw new BerthError('disk-full', `${path}: no space left on the disk to write the journal`, { cause: error })
  if (error.code === 'EACCES' || error.code === 'EROFS')
    throw new BerthError('state-not-writable', `${path}: ${error.code}`, { cause: error })
  throw error
}

/** The file, its size and the number of its last event. */
const openFile = (path: string): { readonly fd: number; readonly size: number; readonly seq: number } => {
  let fd: number
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    fd = openSync(path, existsSync(path) ? 'r+' : 'wx+', 0o600)
  } catch (error) {
    return fail(path, error as NodeJS.ErrnoException)
  }
  // A torn last line was never acknowledged.
  const size = lineEnd(fd, fstatSync(fd).size)
  if (size < fstatSync(fd).size) ftruncateSync(fd, size)
  try {
    return { fd, size, seq: lastSeq(path, fd, size) }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** Brings to the disk what was written since the last time; callers at the same time share one call. */
const diskSync = (fd: number) => {
  let syncing: Promise<void> | null = null
  let dirty = false
  let open = true
  return {
    written: () => {
      dirty = true
    },
    closed: () => {
      open = false
    },
    sync: async (): Promise<void> => {
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
    },
  }
}

/** Writes all of it at a place, or nothing. */
const writeWhole = (path: string, fd: number, bytes: Buffer, at: number) => {
  try {
    let written = 0
    while (written < bytes.length) written += writeSync(fd, bytes, written, bytes.length - written, at + written)
  } catch (error) {
    ftruncateSync(fd, at)
    fail(path, error as NodeJS.ErrnoException)
  }
}

/** A journal's file as it grows: what is appended to it, and who waits for that. */
const growingFile = (path: string, clock: () => Date) => {
  const opened = openFile(path)
  const { fd } = opened
  let { size, seq } = opened
  // Looked at before the journal grows: an index that does not fit goes.
  let index: JournalIndex | undefined = isIndexed(path) ? journalIndex(path, fd) : undefined
  let latest: Growing['latest'] = { bytes: Buffer.alloc(0), offset: size }
  let open = true
  const disk = diskSync(fd)
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const tell of waiting) tell()
  }
  return {
    path,
    sync: disk.sync,
    index(from: number): JournalIndex {
      index ??= journalIndex(path, from)
      index.catchUp(from, size)
      return index
    },
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
    onChange(tell: () => void) {
      waiting.add(tell)
      return () => void waiting.delete(tell)
    },
    append(bodies: readonly EventBody[]): readonly Event[] {
      // The number of a closed file may be another file's by now.
      if (!open) throw new Error(`${path}: the journal is closed`)
      const at = clock().toISOString()
      const events = bodies.map((body, i) => ({ v: 1 as const, seq: seq + i + 1, at, ...body }))
      const bytes = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
      writeWhole(path, fd, bytes, size)
      latest = { bytes, offset: size }
      if (index?.end === size) index.take(latest, events)
      size += bytes.length
      seq += bodies.length
      disk.written()
      wake()
      return events
    },
    close() {
      if (!open) return
      open = false
      disk.closed()
      index?.save()
      closeSync(fd)
      wake()
    },
  }
}

/** Opens a task's journal for appending; made when missing. One writer: the supervisor. */
export const openJournal = (path: string, clock: () => Date = () => new Date()): Journal => {
  const file = growingFile(path, clock)
  return {
    path,
    append: file.append,
    sync: file.sync,
    get seq() {
      return file.seq
    },
    get offset() {
      return file.size
    },
    ...readerOf(path, () => {
      const fd = openSync(path, 'r')
      return { fd, size: file.size, index: () => file.index(fd) }
    }),
    follow: (after, wanted, signal) => followLines(file, after, wanted, signal),
    close: file.close,
  }
}
