import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EventBody } from '../domain/event.ts'
import { eventsIn } from '../domain/event-line.ts'
import { openJournal } from './journal.ts'
import { readJournal } from './read-journal.ts'
import type { Lines } from './store.ts'

let folder = ''
const path = () => join(folder, 'events.jsonl')
const note = (text: string): EventBody => ({ type: 'notice', level: 'info', text })
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-journal-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('events are numbered from 1 without holes, also after it is opened again', async () => {
  const first = openJournal(path())
  first.append([note('a'), note('b')])
  await first.sync()
  first.close()
  const second = openJournal(path())
  second.append([note('c')])
  expect([...second.read()].map((event) => event.seq)).toEqual([1, 2, 3])
  expect([...second.read(2)].map((event) => event.seq)).toEqual([3])
  second.close()
})

test('a torn last line goes, everything before it stays', () => {
  const first = openJournal(path())
  first.append([note('a')])
  first.close()
  appendFileSync(path(), '{"v":1,"seq":2,"at"')
  const second = openJournal(path())
  expect(second.append([note('b')])[0]?.seq).toBe(2)
  expect([...readJournal(path()).read()].length).toBe(2)
  second.close()
})

test('a damaged line is named', () => {
  writeFileSync(path(), 'null\n')
  expect(() => openJournal(path())).toThrow(/events\.jsonl: a line of the journal is not an event: null/)
})

test('a follower gets what is there and what comes, in order, and ends with the signal', async () => {
  const journal = openJournal(path())
  journal.append([note('a')])
  const abort = new AbortController()
  const got: number[] = []
  const following = (async () => {
    for await (const { bytes } of journal.follow(0, {}, abort.signal)) {
      got.push(...eventsIn(path(), bytes).map(({ seq }) => seq))
      if (got.at(-1) === 200) abort.abort()
    }
  })()
  for (let i = 0; i < 199; i += 1) {
    journal.append([note('x'.repeat(i * 10))])
    if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await following
  expect(got).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
  journal.close()
  expect(readFileSync(path(), 'utf8').split('\n').length).toBe(201)
})

test('a closed journal takes nothing more, and a slow follower still gets all that was written', async () => {
  const journal = openJournal(path())
  const notes = Array.from({ length: 3000 }, () => note('x'.repeat(200)))
  journal.append(notes)
  const following = journal.follow(1000, {}, new AbortController().signal)[Symbol.asyncIterator]()
  const numbers = ({ bytes }: Lines) => eventsIn(path(), bytes).map(({ seq }) => seq)
  const got = numbers((await following.next()).value)
  journal.close()
  for (let next = await following.next(); !next.done; next = await following.next()) got.push(...numbers(next.value))
  expect(got).toEqual(Array.from({ length: 2000 }, (_, i) => 1001 + i))
  expect(() => journal.append([note('late')])).toThrow('closed')
  expect([...journal.read(2998)].map((event) => event.seq)).toEqual([2999, 3000])
})

test('events behind a number are found without looking into those before it', () => {
  const first = openJournal(path())
  first.append([note('a'), note('b'), note('c')])
  first.close()
  const text = readFileSync(path(), 'utf8').split('\n')
  writeFileSync(path(), [...text.slice(0, 1), 'damaged', ...text.slice(2)].join('\n'))
  const second = openJournal(path())
  expect(second.append([note('d')])[0]?.seq).toBe(4)
  expect([...second.read(2)].map((event) => event.seq)).toEqual([3, 4])
  expect(() => [...second.read()]).toThrow(/not an event: damaged/)
  second.close()
})
