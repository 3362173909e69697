import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Event, EventBody } from '../domain/event.ts'
import { eventsIn, filterLines, type Wanted } from '../domain/event-line.ts'
import type { IndexedType } from '../domain/indexed-events.ts'
import { openJournal } from './journal.ts'
import { readJournal } from './read-journal.ts'
import type { JournalReader } from './store.ts'

let folder = ''
const path = () => join(folder, 'events.jsonl')
const index = () => join(folder, 'events.index')
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-read-journal-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const outcome = { result: 'done', class: 'ok', reason: '', exitCode: 0 } as const
const says = (turn: number, text: string): EventBody => ({ turn, type: 'agent.output', stream: 'stdout', text })
/** A turn that says so many lines of 1 kB. */
const turnOf = (turn: number, lines: number): readonly EventBody[] => [
  { type: 'turn.queued', turn, prompt: `prompt ${turn}`, promptBytes: 8 },
  { type: 'turn.started', turn, attempt: 1, container: `c-${turn}` },
  ...Array.from({ length: lines }, (_, i) => says(turn, `${i} é "type":"turn.ended" ${'x'.repeat(1000)}`)),
  { turn, type: 'agent.message', text: `first of ${turn}` },
  { turn, type: 'agent.message', text: `last of ${turn}` },
  ...(turn === 1 ? [{ type: 'notice', level: 'info', text: 'of no turn' } as const] : []),
  { type: 'turn.ended', turn, outcome },
]
/** More than 4 MB in three turns; its clock goes a minute an append, and was once an hour ahead. */
const long = () => {
  let minute = 0
  const clock = () => new Date(Date.UTC(2026, 0, 1, minute === 3 ? 1 : 0, minute))
  const journal = openJournal(path(), clock)
  for (const turn of [1, 2, 3])
    for (const part of [0, 1, 2]) {
      journal.append(
        part === 0
          ? turnOf(turn, 500)
          : Array.from({ length: 500 }, (_, i) => says(turn, `${part} ${i} ${'y'.repeat(900)}`)),
      )
      minute += 1
    }
  return journal
}
const all = (): readonly Event[] =>
  readFileSync(path(), 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Event)
const wants = (event: Event, { since = '', turn, types }: Wanted) =>
  event.at >= since &&
  (turn === undefined || ('turn' in event && event.turn === turn)) &&
  (types === undefined || types.has(event.type))
const seqs = (events: Iterable<Event>) => [...events].map(({ seq }) => seq)
const read = (journal: JournalReader, after: number, asked: Wanted): number[] => {
  const found: number[] = []
  for (const { bytes, wanted } of journal.lines(after, asked))
    found.push(...seqs(eventsIn('', wanted ? bytes : filterLines(bytes, asked))))
  return found
}

const QUESTIONS: readonly Wanted[] = [
  {},
  { turn: 1 },
  { turn: 3 },
  { turn: 9 },
  { since: '2026-01-01T00:07:00.000Z' },
  { since: '2026-01-01T00:05:30.000Z', turn: 2 },
  { since: '2027-01-01T00:00:00.000Z' },
  { types: new Set(['turn.ended', 'notice']) },
  { types: new Set(['agent.message']), turn: 2 },
]

/** The journal as its owner reads it, as somebody else does, and with the index that was left beside it. */
const readers = (): readonly (readonly [string, JournalReader])[] => {
  const owner = long()
  const fresh = readJournal(path())
  expect(existsSync(index())).toBe(false)
  expect(read(fresh, 0, { turn: 2 }).length).toBeGreaterThan(1500)
  owner.close()
  const reopened = openJournal(path())
  return [
    ['closed', owner],
    ['somebody else', readJournal(path())],
    ['opened again', reopened],
  ]
}

test('every question has the answer that reading all of it gives', () => {
  for (const [name, journal] of readers())
    for (const wanted of QUESTIONS) {
      const told = all()
      const fitting = seqs(told.filter((event) => wants(event, wanted)))
      for (const after of [0, 1500, told.length + 3])
        expect([name, wanted, after, read(journal, after, wanted)]).toEqual([
          name,
          wanted,
          after,
          fitting.filter((seq) => seq > after),
        ])
      for (const count of [7, 2000]) {
        const after = journal.tail(count, wanted)
        expect([name, wanted, count, read(journal, after, wanted)]).toEqual([
          name,
          wanted,
          count,
          fitting.slice(-count),
        ])
      }
      expect(journal.tail(0, wanted)).toBe(told.length)
    }
}, 120_000)

test('the inner parts of what is asked for are given as they lie, with nothing to be sifted out', () => {
  const journal = long()
  const sure = (asked: Wanted): readonly boolean[] => [
    ...new Set([...journal.lines(0, asked)].map(({ wanted }) => wanted)),
  ]
  expect(sure({})).toEqual([true])
  expect(sure({ since: '2026-01-01T00:05:00.000Z' })).toEqual([false, true])
  expect(sure({ turn: 2 })).toEqual([false, true])
  expect(sure({ types: new Set(['agent.output']) })).toEqual([false])
  journal.close()
})

test('what a turn needs is found without reading what agents say, of that the last of each turn', () => {
  for (const [, journal] of readers()) {
    const texts = [...journal.select('agent.message')].map(({ text }) => text)
    expect(texts).toEqual(['last of 1', 'last of 2', 'last of 3'])
    const types: readonly IndexedType[] = ['turn.queued', 'turn.started', 'turn.ended']
    expect([...journal.select(...types)]).toEqual(all().filter(({ type }) => types.some((one) => one === type)))
  }
})

test('an index follows what is appended, and a torn last line is in none of its answers', () => {
  const journal = openJournal(path())
  journal.append(turnOf(1, 10))
  expect([...journal.select('turn.ended')].length).toBe(1)
  journal.append(turnOf(2, 10))
  expect([...journal.select('turn.ended')].map(({ turn }) => turn)).toEqual([1, 2])
  journal.close()
  appendFileSync(path(), '{"v":1,"seq":32,"at":"2026-01-01T00:00:00.000Z","type":"turn.ended","turn":3')
  const other = readJournal(path())
  expect([...other.select('turn.ended')].map(({ turn }) => turn)).toEqual([1, 2])
  expect(read(other, other.tail(1, {}), {})).toEqual([31])
})

test('a reader sees what the owner has appended since it looked last', () => {
  const journal = openJournal(path())
  journal.append([says(1, 'a')])
  const reader = readJournal(path())
  expect(read(reader, 0, { turn: 1 })).toEqual([1])
  journal.append([says(1, 'b'), says(2, 'c')])
  expect(read(reader, 0, { turn: 1 })).toEqual([1, 2])
  expect(reader.tail(1, {})).toBe(2)
  journal.close()
})

test('an empty journal has no events', () => {
  const journal = openJournal(path())
  expect([...journal.read()]).toEqual([])
  expect([...journal.select('turn.planned')]).toEqual([])
  expect([journal.tail(5, {}), journal.tail(0, { turn: 1 })]).toEqual([0, 0])
  expect(read(journal, 0, { since: '2026' })).toEqual([])
  journal.close()
})

test('an index is a copy: without it, with a damaged one, or with one of another journal the answers are the same', () => {
  const journal = long()
  const ends = seqs(journal.select('turn.ended'))
  expect(existsSync(index())).toBe(false)
  journal.close()
  const kept = readFileSync(index(), 'utf8')
  const answers = () => {
    const opened = openJournal(path())
    const found = seqs(opened.select('turn.ended'))
    opened.close()
    return found
  }
  expect(answers()).toEqual(ends)
  for (const damage of ['', 'null', kept.slice(0, 1000), kept.replace(/"events":\d+/, '"events":1')]) {
    writeFileSync(index(), damage)
    expect(answers()).toEqual(ends)
  }
  rmSync(index())
  expect(answers()).toEqual(ends)
})

test('an index that was ahead of what a lost machine kept of the journal is not believed when that has grown again', () => {
  long().close()
  const { size } = statSync(path())
  truncateSync(path(), Math.round(size / 2))
  const journal = openJournal(path())
  const before = journal.seq
  while (journal.offset < size + 1_000_000) journal.append(turnOf(8, 50))
  expect([...journal.select('turn.ended')].filter(({ seq }) => seq > before).every(({ turn }) => turn === 8)).toBe(true)
  expect(seqs(journal.select('turn.ended'))).toEqual(seqs(all().filter(({ type }) => type === 'turn.ended')))
  journal.close()
})

test('nor when it has grown by lines of the same lengths, and its supervisor was killed', () => {
  const clock = () => new Date(Date.UTC(2026))
  const told = (type: 'engine.lost' | 'engine.back'): EventBody => ({ type, turn: 1, reason: 'r' }) as EventBody
  const first = openJournal(path(), clock)
  for (let i = 0; i < 5; i += 1) first.append(Array.from({ length: 1000 }, () => says(1, 'z'.repeat(1000))))
  const { offset } = first
  first.append([told('engine.lost')])
  expect([...first.select('engine.lost')].length).toBe(1)
  first.close()
  truncateSync(path(), offset)
  const second = openJournal(path(), clock)
  second.append([told('engine.back')])
  const reader = readJournal(path())
  expect([[...reader.select('engine.lost')].length, [...reader.select('engine.back')].length]).toEqual([0, 1])
  second.close()
})

test('a damaged line is named by who needs it', () => {
  const journal = openJournal(path())
  journal.append(turnOf(1, 3))
  journal.close()
  const lines = readFileSync(path(), 'utf8').split('\n')
  writeFileSync(path(), [...lines.slice(0, 1), 'damaged', ...lines.slice(2)].join('\n'))
  expect(() => [...readJournal(path()).select('turn.planned')]).toThrow(
    /events\.jsonl: a line .* is not an event: damaged/,
  )
  expect(readJournal(path()).tail(1, {})).toBe(lines.length - 2)
})

test('a line that is longer than one read is one line', () => {
  const journal = openJournal(path())
  journal.append([says(1, 'a'), says(1, 'b'.repeat(3_000_000)), says(2, 'c')])
  expect(read(journal, 0, {})).toEqual([1, 2, 3])
  expect(read(journal, journal.tail(2, {}), {})).toEqual([2, 3])
  expect(read(journal, journal.tail(1, { turn: 1 }), { turn: 1 })).toEqual([2])
  journal.close()
})
