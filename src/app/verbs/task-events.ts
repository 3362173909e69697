import { existsSync } from 'node:fs'
import type { Event } from '../../domain/event.ts'
import { filterLines, firstLines, rangeOf, type Wanted } from '../../domain/event-line.ts'
import { INDEXED, type IndexedType } from '../../domain/indexed-events.ts'
import { FINAL } from '../../domain/task.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import { onAbort } from '../../std/abort.ts'
import type { JournalReader, Lines } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import type { Tasks } from '../schedule/tasks.ts'
import type { LiveTask } from '../task/live-task.ts'

export type EventsAsked = Wanted & {
  /** Number of the last event that the reader has. */
  readonly after: number
  /** To the task's final state; forever: over all its turns, also those to come. */
  readonly follow: boolean | 'forever'
  /** Begins with this many of the existing events. */
  readonly tail?: number
}

type Input = {
  readonly deps: Pick<Deps, 'store'>
  readonly tasks: Pick<Tasks, 'live' | 'folderOf' | 'onChange'>
  readonly id: string
  readonly asked: EventsAsked
  readonly signal: AbortSignal
}

/** Number of the event that ended the last finished turn. */
const lastEnd = (journal: JournalReader): number => {
  let seq = 0
  for (const event of journal.select('turn.ended', 'turn.withdrawn')) seq = event.seq
  return seq
}

/** A live task's lines up to its final state. */
async function* untilOver(live: LiveTask, after: number, wanted: Wanted, signal: AbortSignal): AsyncGenerator<Lines> {
  const { journal } = live
  for await (const lines of journal.follow(after, wanted, signal)) {
    if (!FINAL.has(live.record.state)) {
      yield lines
      continue
    }
    const { bytes } = lines
    const [first, last] = rangeOf(journal.path, bytes)
    // If a later turn is over too, the end of an earlier one is not the last.
    const end = lastEnd(journal)
    const isLast = end >= first && end <= last
    yield isLast ? { ...lines, bytes: bytes.subarray(0, firstLines(bytes, end - first + 1).length) } : lines
    if (isLast) return
  }
}

/** Resolves at the next change of a task, or with the signal. */
const nextChange = ({ tasks, signal }: Input) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const off = tasks.onChange(resolve)
  const stopped = onAbort(signal, resolve)
  const end = () => {
    off()
    stopped[Symbol.dispose]()
  }
  return { changed: promise, end }
}

/** The lines over all turns of a task; ends with the signal, or when the task is removed. */
async function* forever(input: Input, path: string, begin: number) {
  const { deps, tasks, id, asked, signal } = input
  let after = begin
  while (!signal.aborted && existsSync(path)) {
    // Asked for before the read, so that no change is missed.
    const { changed, end } = nextChange(input)
    try {
      const live = tasks.live(id)
      for await (const lines of live === undefined
        ? deps.store.reader(path).lines(after, asked)
        : live.journal.follow(after, asked, signal)) {
        after = rangeOf(path, lines.bytes)[1]
        yield lines
      }
      if (tasks.live(id) === undefined) await changed
    } finally {
      end()
    }
  }
}

const isIndexed = (type: string): type is IndexedType => (INDEXED as readonly string[]).includes(type)

/** The asked events, if they can be found without reading the others; else undefined. */
const found = (journal: JournalReader, asked: EventsAsked): readonly Event[] | undefined => {
  const { types, since = '', turn, after, tail } = asked
  const indexed = [...(types ?? [])].filter(isIndexed)
  if (types === undefined || indexed.length < types.size || indexed.includes('turn.phase')) return undefined
  const events = [...journal.select(...indexed)].filter(
    (event) =>
      event.seq > after && event.at >= since && (turn === undefined || ('turn' in event && event.turn === turn)),
  )
  return tail === undefined ? events : events.slice(Math.max(0, events.length - tail))
}

type Sources = { readonly known: readonly Event[]; readonly rest: Iterable<Lines> | AsyncIterable<Lines> }

/** The source of the asked events: first the indexed ones, then the others. */
const sourcesOf = (input: Input): Sources => {
  const { deps, tasks, id, asked, signal } = input
  const path = taskPaths(tasks.folderOf(id)).journal
  const live = tasks.live(id)
  const journal = live?.journal ?? deps.store.reader(path)
  const known = found(journal, asked)
  const begin =
    known !== undefined ? journal.tail(0, {}) : asked.tail !== undefined ? journal.tail(asked.tail, asked) : 0
  const after = Math.max(asked.after, begin)
  const sources = (rest: Sources['rest']) => ({ known: known ?? [], rest })
  if (asked.follow === 'forever') return sources(forever(input, path, after))
  const isOver = live !== undefined && FINAL.has(live.record.state) && lastEnd(journal) <= after
  if (live === undefined || !asked.follow || isOver) return sources(journal.lines(after, asked))
  return sources(untilOver(live, after, asked, signal))
}

/**
 * A task's events as the lines of its journal, as many at a time as there are; no faster than they are taken, and good
 * until the next are asked for.
 */
export async function* taskEvents(input: Input): AsyncGenerator<Buffer> {
  const { known, rest } = sourcesOf(input)
  for (const event of known) yield Buffer.from(`${JSON.stringify(event)}\n`)
  for await (const { bytes, wanted } of rest) {
    const asked = wanted ? bytes : filterLines(bytes, input.asked)
    if (asked.length > 0) yield asked
  }
}
