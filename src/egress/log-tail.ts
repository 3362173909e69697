import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readdirSync, readSync, watch } from 'node:fs'
import { join } from 'node:path'
import type { GatewayLine } from './egress.ts'
import { instanceOf } from './protocol.ts'

export type TailLine = GatewayLine & { readonly gateway: string }
export type Cursor = { readonly gateway: string; readonly line: number }

export type LogTail = {
  /** Hands over what is there behind the cursor before it returns, then each line as it is written. Gives the end of it. */
  subscribe(task: string, after: Cursor | null, take: (line: TailLine) => void): () => void
  /** Hands over what is written by now, without waiting to be told of it. */
  catchUp(): void
  close(): void
}

const NEWLINE = 10
const isBehind = (gateway: string, n: number, after: Cursor | null): boolean =>
  after === null || gateway > after.gateway || (gateway === after.gateway && n > after.line)

/** The complete lines of a file from an offset on; an unfinished one is left for later. */
const readLines = (path: string, from: number, to: number): { readonly text: string; readonly end: number } => {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return { text: '', end: from }
  }
  try {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(to, fstatSync(file).size) - from))
    const got = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from))
    const whole = got.subarray(0, got.lastIndexOf(NEWLINE) + 1)
    return { text: whole.toString('utf8'), end: from + whole.length }
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

type Subscriber = { readonly task: string; readonly after: Cursor | null; readonly take: (line: TailLine) => void }

const deliver = (gateway: string, text: string, subscribers: Iterable<Subscriber>): void => {
  const all = [...subscribers]
  if (all.length === 0) return
  for (const raw of text.split('\n')) {
    const wanted = all.filter(({ task }) => raw.includes(`"task":${JSON.stringify(task)}`))
    if (wanted.length === 0) continue
    const line = parse(raw)
    if (line === undefined) continue
    for (const { task, after, take } of wanted) {
      if (line.task === task && isBehind(gateway, line.n, after)) take({ ...line, gateway })
    }
  }
}

/** Reads the logs of all gateways as they grow: one watch and one reading, however many listen. */
export const logTail = (folder: string): LogTail => {
  const offsets = new Map<string, number>()
  const subscribers = new Set<Subscriber>()
  let watcher: ReturnType<typeof watch> | undefined

  const advance = (name: string) => {
    const instance = instanceOf(name)
    if (instance === undefined) return
    const { text, end } = readLines(join(folder, name), offsets.get(name) ?? 0, Number.POSITIVE_INFINITY)
    offsets.set(name, end)
    deliver(instance, text, subscribers)
  }
  const advanceAll = () => {
    const names = existsSync(folder) ? readdirSync(folder) : []
    for (const name of names.sort()) advance(name)
  }
  const replay = (subscriber: Subscriber) => {
    const instances = [...offsets.keys()].map((name) => ({ name, instance: instanceOf(name) ?? '' }))
    for (const { name, instance } of instances.sort((a, b) => (a.instance < b.instance ? -1 : 1))) {
      if (subscriber.after !== null && instance < subscriber.after.gateway) continue
      deliver(instance, readLines(join(folder, name), 0, offsets.get(name) ?? 0).text, [subscriber])
    }
  }

  return {
    // Without a pause from the first line read to the entry in the set: no line can fall between.
    subscribe: (task, after, take) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      watcher ??= watch(folder, (_, name) => (name === null ? advanceAll() : advance(name))).on('error', () => {})
      advanceAll()
      const subscriber = { task, after, take }
      replay(subscriber)
      subscribers.add(subscriber)
      return () => {
        subscribers.delete(subscriber)
        if (subscribers.size > 0) return
        watcher?.close()
        watcher = undefined
      }
    },
    catchUp: advanceAll,
    close: () => {
      subscribers.clear()
      watcher?.close()
      watcher = undefined
    },
  }
}
