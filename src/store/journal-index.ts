import { existsSync, fstatSync, readFileSync, rmSync } from 'node:fs'
import type { Event } from '../domain/event.ts'
import { eachLine, headOf, type Wanted } from '../domain/event-line.ts'
import { INDEXED, INDEXED_LAST, INDEXED_WITH } from '../domain/indexed-events.ts'
import { replaceFile } from '../std/replace-file.ts'
import { lineEnd, type Piece, pieces, type Span } from './journal-lines.ts'

const BLOCK_BYTES = 1024 * 1024
/** A shorter journal is read in a few milliseconds. */
const SAVED_BYTES = 4 * BLOCK_BYTES
const BETWEEN_SAVES = 64 * BLOCK_BYTES
/** What is no event is found by every look, and named by whoever reads it. */
const DAMAGED = ''
/** Behind all times. */
const NEVER = '~'

/** An event's line. */
export type Place = {
  readonly type: string
  readonly turn: number | null
  readonly offset: number
  readonly length: number
}

/** About a megabyte of lines: where they begin, how many events come before, the times and the turns in it. */
type Block = {
  readonly offset: number
  readonly events: number
  oldest: string
  newest: string
  low: number
  high: number
}

/** Lines that lie together. `wanted`: all of them are, and none has to be looked at. */
export type Part = { readonly span: Span; readonly wanted: boolean }

type Saved = {
  readonly v: 2
  readonly end: number
  readonly events: number
  readonly blocks: readonly Block[]
  readonly places: readonly Place[]
  readonly last: readonly Place[]
}

const NO_EVENT = { at: '', type: DAMAGED, turn: null }
const shortOf = (event: Event) => ({ at: event.at, type: event.type, turn: 'turn' in event ? event.turn : null })
const ALL: ReadonlySet<string> = new Set(INDEXED)
const LAST: ReadonlySet<string> = new Set(INDEXED_LAST)
const pathOf = (journal: string) => journal.replace(/\.jsonl$/, '.index')

/** True where an index lies beside a journal. */
export const isIndexed = (path: string): boolean => existsSync(pathOf(path))

/** True where these bytes of the journal are still those that were indexed. */
const fits = (fd: number, { v, end, events }: Saved): boolean => {
  if (v !== 2 || end > fstatSync(fd).size) return false
  if (end === 0) return events === 0
  if (lineEnd(fd, end) !== end) return false
  for (const { bytes } of pieces(fd, [lineEnd(fd, end - 1), end]))
    return headOf(bytes, 0, bytes.length - 1)?.seq === events
  return false
}

const saved = (path: string, fd: number): Saved | undefined => {
  if (!isIndexed(path)) return undefined
  try {
    const found = JSON.parse(readFileSync(pathOf(path), 'utf8')) as Saved
    if (fits(fd, found)) return found
  } catch {}
  // Gone before the journal grows: later it might seem to fit.
  rmSync(pathOf(path), { force: true })
  return undefined
}

const newBlock = (offset: number, events: number): Block => ({
  offset,
  events,
  oldest: NEVER,
  newest: '',
  low: Number.MAX_SAFE_INTEGER,
  high: 0,
})

const extend = (block: Block, time: string, turn: number | null) => {
  if (time < block.oldest) block.oldest = time
  if (time > block.newest) block.newest = time
  // A line that tells no turn at its beginning may be of any.
  block.low = Math.min(block.low, turn ?? 0)
  block.high = Math.max(block.high, turn ?? Number.MAX_SAFE_INTEGER)
}

const mayHold = ({ newest, low, high }: Block, { since = '', turn }: Wanted): boolean =>
  newest >= since && (turn === undefined || (turn >= low && turn <= high))

const holdsNothingElse = ({ oldest, low, high }: Block, { since = '', turn, types }: Wanted): boolean =>
  types === undefined && oldest >= since && (turn === undefined || (turn === low && turn === high))

const partsOf = (of: { readonly blocks: readonly Block[]; readonly end: number }, from: number, asked: Wanted) => {
  const found: { span: readonly [number, number]; wanted: boolean }[] = []
  for (const [at, block] of of.blocks.entries()) {
    const to = of.blocks[at + 1]?.offset ?? of.end
    if (to <= from || !mayHold(block, asked)) continue
    const wanted = holdsNothingElse(block, asked)
    const before = found.at(-1)
    if (before?.span[1] === block.offset && before.wanted === wanted) before.span = [before.span[0], to]
    else found.push({ span: [Math.max(from, block.offset), to], wanted })
  }
  return found
}

/**
 * Where in a journal what is: made from its lines and never believed against them. A long journal's is kept beside it,
 * so that the next who opens it reads only what came since; it can be deleted at any time.
 */
export const journalIndex = (path: string, opened: number) => {
  const old = saved(path, opened)
  const blocks: Block[] = [...(old?.blocks ?? [])]
  const places: Place[] = [...(old?.places ?? [])]
  const last = new Map((old?.last ?? []).map((place) => [`${place.type} ${place.turn}`, place]))
  let { end, events } = old ?? { end: 0, events: 0 }
  let savedTo = end

  const keep = (type: string, turn: number | null, line: Piece) => {
    const [offset, length] = [line.offset, line.bytes.length]
    const text = Object.hasOwn(INDEXED_WITH, type) ? INDEXED_WITH[type] : undefined
    if (text !== undefined && !line.bytes.includes(text)) return
    if (LAST.has(type)) last.set(`${type} ${turn}`, { type, turn, offset, length })
    else if (type === DAMAGED || ALL.has(type)) places.push({ type, turn, offset, length })
  }
  /** Takes in the lines behind those that it has; `known`: their events. */
  const take = ({ bytes, offset }: Piece, known: readonly Event[] = []) => {
    let block = blocks.at(-1)
    let line = 0
    eachLine(bytes, (start, stop) => {
      const at = offset + start
      if (block === undefined || at >= block.offset + BLOCK_BYTES) {
        block = newBlock(at, events)
        blocks.push(block)
      }
      events += 1
      const event = known[line]
      line += 1
      const { at: time, type, turn } = (event && shortOf(event)) ?? headOf(bytes, start, stop) ?? NO_EVENT
      extend(block, time, turn)
      keep(type, turn, { bytes: bytes.subarray(start, stop), offset: at })
      return undefined
    })
    end = offset + bytes.length
  }
  const save = () => {
    if (end < SAVED_BYTES || end === savedTo) return
    savedTo = end
    const all: Saved = { v: 2, end, events, blocks, places, last: [...last.values()] }
    try {
      replaceFile(pathOf(path), JSON.stringify(all))
    } catch {
      // It can be made again.
    }
  }

  return {
    /** Bytes that it has taken in. */
    get end() {
      return end
    },
    take(piece: Piece, events: readonly Event[]) {
      take(piece, events)
      if (end - savedTo >= BETWEEN_SAVES) save()
    },
    /** Takes in what of the journal's first `size` bytes it does not have. */
    catchUp(fd: number, size: number) {
      for (const piece of pieces(fd, [end, size])) take(piece)
      if (end - savedTo >= BETWEEN_SAVES) save()
    },
    save,
    /** Places of events of these types, in their order. */
    places(types: ReadonlySet<string>): readonly Place[] {
      return [...places, ...last.values()]
        .filter(({ type }) => type === DAMAGED || types.has(type))
        .sort((a, b) => a.offset - b.offset)
    },
    /** Where the event behind number `after` begins, and how many lines from there are to be left out. */
    behind(after: number): { readonly offset: number; readonly skip: number } {
      const { offset, events: before } = blocks.findLast((block) => block.events <= after) ?? { offset: 0, events: 0 }
      return { offset, skip: after - before }
    },
    /** The parts, from an offset on, that can hold what is wanted. */
    parts: (from: number, asked: Wanted): readonly Part[] => partsOf({ blocks, end }, from, asked),
  }
}

export type JournalIndex = ReturnType<typeof journalIndex>
