import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EventBody } from '../../domain/event.ts'
import { eventsIn } from '../../domain/event-line.ts'
import type { State } from '../../domain/task.ts'
import { openJournal } from '../../store/journal.ts'
import { readJournal } from '../../store/read-journal.ts'
import type { Journal } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { type EventsAsked, taskEvents } from './task-events.ts'

let folder = ''
let journal: Journal
let state: State
let isLive: boolean
let changed: () => void
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-task-events-'))
  journal = openJournal(join(folder, 'events.jsonl'))
  state = 'running'
  isLive = true
  changed = () => {}
})
afterEach(() => {
  journal.close()
  rmSync(folder, { recursive: true })
})

const outcome = { result: 'done', class: 'ok', reason: '', exitCode: 0 } as const
const queued = (turn: number): EventBody => ({ type: 'turn.queued', turn, prompt: 'a', promptBytes: 1 })
const says = (turn: number, text: string): EventBody => ({ turn, type: 'agent.output', stream: 'stdout', text })
const ended = (turn: number): EventBody => ({ type: 'turn.ended', turn, outcome })
const lost: EventBody = { type: 'engine.lost', turn: 1, reason: 'away' } as EventBody

const ask = (asked: Partial<EventsAsked>, signal = AbortSignal.timeout(10_000)) => {
  const live = {
    journal,
    get record() {
      return { state }
    },
  }
  const tasks = {
    live: () => (isLive ? live : undefined),
    folderOf: () => folder,
    onChange: (tell: () => void) => {
      changed = tell
      return () => {}
    },
  } as unknown as Tasks
  const events = taskEvents({
    deps: { store: { reader: readJournal } } as unknown as Deps,
    tasks,
    id: 't',
    asked: { after: 0, follow: false, ...asked },
    signal,
  })
  return (async function* () {
    for await (const lines of events) yield* eventsIn('', lines)
  })()
}
const seqs = async (asked: Partial<EventsAsked>): Promise<readonly number[]> => {
  const got: number[] = []
  for await (const { seq } of ask(asked)) got.push(seq)
  return got
}

test('who follows gets the last of what is there, then what comes, to the end of the last turn and no further', async () => {
  journal.append([queued(1), says(1, 'a'), says(1, 'b'), ended(1), queued(2)])
  const events = ask({ follow: true, tail: 2 })
  const got = [(await events.next()).value?.seq, (await events.next()).value?.seq]
  journal.append([says(2, 'c')])
  got.push((await events.next()).value?.seq)
  journal.append([ended(2), says(2, 'late')])
  state = 'done'
  got.push((await events.next()).value?.seq)
  expect([got, (await events.next()).done]).toEqual([[4, 5, 6, 7], true])
})

test('who follows a task that is over, and has its end, gets the rest', async () => {
  journal.append([queued(1), ended(1), says(1, 'late')])
  state = 'done'
  expect(await seqs({ follow: true, after: 2 })).toEqual([3])
  expect(await seqs({ follow: true, after: 1 })).toEqual([2])
})

test('a follower that wants one turn, or some types, ends with the task all the same', async () => {
  journal.append([queued(1), says(1, 'a'), ended(1), queued(2), says(2, 'b'), ended(2)])
  state = 'done'
  expect(await seqs({ follow: true, turn: 1 })).toEqual([1, 2, 3])
  expect(await seqs({ follow: true, types: new Set(['turn.queued']) })).toEqual([1, 4])
  expect(await seqs({ follow: true, turn: 2, tail: 2 })).toEqual([5, 6])
})

test('types that are found at once, with a count, and those that come', async () => {
  journal.append([queued(1), lost, says(1, 'a'), lost, lost])
  const types = new Set(['engine.lost'])
  expect(await seqs({ types, tail: 2 })).toEqual([4, 5])
  expect(await seqs({ types, after: 2 })).toEqual([4, 5])
  const events = ask({ types, tail: 1, follow: true })
  expect((await events.next()).value?.seq).toBe(5)
  journal.append([says(1, 'b'), lost])
  expect((await events.next()).value?.seq).toBe(7)
})

test('forever goes on over turns that another journal of the same file writes, and ends with the signal', async () => {
  journal.append([queued(1), ended(1)])
  state = 'done'
  isLive = false
  const stop = new AbortController()
  const events = ask({ follow: 'forever', tail: 1 }, stop.signal)
  expect((await events.next()).value?.seq).toBe(2)
  const next = events.next()
  journal.append([queued(2)])
  isLive = true
  changed()
  expect((await next).value?.seq).toBe(3)
  const last = events.next()
  stop.abort()
  expect((await last).done).toBe(true)
})
