import { openSync, readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '../std/id.ts'
import type { GatewayLine } from './egress.ts'
import { instanceOf, logName } from './protocol.ts'

const RETRY_MS = 1000

export type Audit = {
  readonly instance: string
  /** Numbers the line and hands it to the kernel before it returns: what is answered afterwards is on record. */
  write(line: Omit<GatewayLine, 'n' | 'at'>): void
}

/** An id that sorts behind those of all logs that are there, also after the clock went back. */
const nextInstance = (folder: string): string => {
  const last = readdirSync(folder)
    .flatMap((name) => instanceOf(name) ?? [])
    .sort()
    .at(-1)
  const fresh = newId('g')
  return last === undefined || fresh > last ? fresh : `${last}0`
}

/** The gateway's log. The file is made with its first line; lines that a full disk refused are tried again, in order. */
export const audit = (folder: string): Audit => {
  const instance = nextInstance(folder)
  let file: number | undefined
  let n = 0
  let held = Buffer.alloc(0)
  let retrying = false
  const flush = () => {
    try {
      file ??= openSync(join(folder, logName(instance)), 'a', 0o600)
      while (held.length > 0) held = held.subarray(writeSync(file, held))
    } catch {
      if (retrying) return
      retrying = true
      setTimeout(() => {
        retrying = false
        flush()
      }, RETRY_MS).unref()
    }
  }
  return {
    instance,
    write: (line) => {
      n += 1
      const text = Buffer.from(`${JSON.stringify({ n, at: new Date().toISOString(), ...line })}\n`)
      held = held.length === 0 ? text : Buffer.concat([held, text])
      flush()
    },
  }
}
