import { closeSync, openSync, readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '../std/id.ts'
import type { GatewayLine } from './egress.ts'
import { logName, parseLogName } from './protocol.ts'

const RETRY_MS = 1000
/** Of lines that a full disk refuses, so much is held for a task. */
const MOST_HELD = 1024 * 1024

export type Audit = {
  readonly instance: string
  /** Numbers the line and hands it to the kernel before it returns: what is answered afterwards is on record. */
  write(line: Omit<GatewayLine, 'n' | 'at'>): void
}

/** One line, whatever is in it. */
export const formatLine = (line: GatewayLine): string => JSON.stringify(line)

/** An id that sorts behind those of all logs that are there, also after the clock went back. */
const nextInstance = (folder: string): string => {
  const last = readdirSync(folder)
    .flatMap((name) => parseLogName(name)?.instance ?? [])
    .sort()
    .at(-1)
  const fresh = newId('g')
  return last === undefined || fresh > last ? fresh : `${last}0`
}

/** Appends, and gives back what the disk did not take. */
const append = (path: string, bytes: Buffer): Buffer => {
  let rest = bytes
  try {
    const file = openSync(path, 'a', 0o600)
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(file, rest))
    } finally {
      closeSync(file)
    }
  } catch {
    // Tried again by the caller.
  }
  return rest
}

/**
 * The gateway's log, a file for each task that goes with it, made with its first line. Lines that a full disk refused are
 * tried again, in order.
 */
export const audit = (folder: string, format = formatLine): Audit => {
  const instance = nextInstance(folder)
  const held = new Map<string, Buffer>()
  let n = 0
  let retrying = false
  const flush = (task: string) => {
    const rest = append(join(folder, logName(instance, task)), held.get(task) ?? Buffer.alloc(0))
    if (rest.length === 0) held.delete(task)
    else held.set(task, rest)
    if (held.size === 0 || retrying) return
    retrying = true
    setTimeout(() => {
      retrying = false
      for (const one of [...held.keys()]) flush(one)
    }, RETRY_MS).unref()
  }
  return {
    instance,
    write: (line) => {
      n += 1
      const text = Buffer.from(`${format({ n, at: new Date().toISOString(), ...line })}\n`)
      const before = held.get(line.task)
      if (before !== undefined && before.length > MOST_HELD) return
      held.set(line.task, before === undefined ? text : Buffer.concat([before, text]))
      flush(line.task)
    },
  }
}
