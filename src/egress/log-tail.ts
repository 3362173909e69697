import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { onAbort } from '../std/abort.ts'
import { watchFolder } from '../std/watch-folder.ts'
import type { GatewayLine } from './egress.ts'
import { parseLogName } from './protocol.ts'

export type TailLine = GatewayLine & { readonly gateway: string }
export type Cursor = { readonly gateway: string; readonly line: number }

export type LogTail = {
  /**
   * What is there behind the cursor, then each line as it is written; with the signal it ends, after all that is written by
   * then. However long a log is, a block of it is in memory.
   */
  lines(task: string, after: Cursor | null, signal: AbortSignal): AsyncGenerator<TailLine>
  close(): void
}

const NEWLINE = 10
const BLOCK = 256 * 1024
/** So often the logs are read where the kernel has no watch left. */
const BLIND_MS = 1000

/** The complete lines of a block of a file; an unfinished one is left for later. */
const readBlock = (
  path: string,
  from: number,
): { readonly text: string; readonly end: number; readonly more: boolean } => {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return { text: '', end: from, more: false }
  }
  try {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(BLOCK, fstatSync(file).size - from)))
    const got = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from))
    const whole = got.subarray(0, got.lastIndexOf(NEWLINE) + 1)
    const full = got.length === BLOCK
    // No line of ours is that long: what has no end in a block is passed over.
    return { text: whole.toString('utf8'), end: from + (full && whole.length === 0 ? BLOCK : whole.length), more: full }
  } finally {
    closeSync(file)
  }
}

const parse = (raw: string): GatewayLine | undefined => {
  try {
    return JSON.parse(raw) as GatewayLine
  } catch {
    return undefined
  }
}

type Reader = {
  readonly task: string
  readonly after: Cursor | null
  readonly offsets: Map<string, number>
  /** Files that have grown; null: any may have. */
  grown: Set<string> | null
  wake: () => void
}

const linesOf = function* (text: string, gateway: string, { task, after }: Reader): Generator<TailLine> {
  const line = after !== null && after.gateway === gateway ? after.line : 0
  for (const raw of text.split('\n')) {
    if (!raw.includes(`"task":${JSON.stringify(task)}`)) continue
    const parsed = parse(raw)
    if (parsed?.task === task && parsed.n > line) yield { ...parsed, gateway }
  }
}

/** The logs that hold lines of a task, oldest gateway first; those of older gateways hold all tasks. */
const logsFor = (folder: string, { task, after, grown }: Reader) =>
  (grown === null ? readdirSync(folder) : [...grown])
    .flatMap((name) => {
      const log = parseLogName(name)
      return log !== undefined && (log.task === null || log.task === task) ? [{ name, instance: log.instance }] : []
    })
    .filter(({ instance }) => after === null || instance >= after.gateway)
    .sort((a, b) => (a.instance < b.instance ? -1 : 1))

const readOn = function* (folder: string, reader: Reader): Generator<TailLine> {
  const logs = logsFor(folder, reader)
  reader.grown = new Set()
  for (const { name, instance } of logs) {
    for (let more = true; more; ) {
      const block = readBlock(join(folder, name), reader.offsets.get(name) ?? 0)
      reader.offsets.set(name, block.end)
      more = block.more
      yield* linesOf(block.text, instance, reader)
    }
  }
}

/** Reads the logs of all gateways as they grow, with one watch however many read. */
export const logTail = (folder: string): LogTail => {
  const readers = new Set<Reader>()
  let watcher: Disposable | undefined

  const grew = (name: string | null) => {
    for (const reader of readers) {
      if (name === null) reader.grown = null
      else reader.grown?.add(name)
      const log = name === null ? null : parseLogName(name)
      if (log === null || log?.task === null || log?.task === reader.task) reader.wake()
    }
  }
  const begin = (reader: Reader) => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    watcher ??= watchFolder(folder, grew, BLIND_MS)
    readers.add(reader)
  }
  const end = (reader: Reader) => {
    readers.delete(reader)
    if (readers.size > 0) return
    watcher?.[Symbol.dispose]()
    watcher = undefined
  }

  return {
    lines: async function* (task, after, signal) {
      let woken = true
      let wake = () => {}
      const reader: Reader = { task, after, offsets: new Map(), grown: null, wake: () => {} }
      reader.wake = () => {
        woken = true
        wake()
      }
      begin(reader)
      using _ = onAbort(signal, () => {
        reader.grown = null
        reader.wake()
      })
      try {
        for (;;) {
          const last = signal.aborted
          woken = false
          yield* readOn(folder, reader)
          if (last) return
          if (!woken)
            await new Promise<void>((resolve) => {
              wake = resolve
            })
        }
      } finally {
        end(reader)
      }
    },
    close: () => {
      for (const { wake } of readers) wake()
      readers.clear()
      watcher?.[Symbol.dispose]()
      watcher = undefined
    },
  }
}
