import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { EventBody } from '../../domain/event.ts'
import { newestFirst } from '../../domain/newest-first.ts'
import { stateFile } from '../../domain/state-file.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { transcriptLine } from '../../domain/transcript-line.ts'
import { openJournal } from '../../store/journal.ts'
import type { Store } from '../../store/store.ts'
import { type LiveTask, liveTask } from './live-task.ts'
import { outputClaims } from './output-claims.ts'
import { transcriptFile } from './transcript-file.ts'

const outcome = { result: 'done', class: 'ok', reason: 'it is done', exitCode: 0 } as const
const plan = {
  container: {
    mounts: [{ source: '/s', target: '/work', readOnly: false, role: 'workspace' }],
    env: { HOME: '/home' },
  },
  order: { run: { env: { LANG: 'C' } } },
  envFrom: ['TOKEN'],
}

const begin = (output: string, id: string): readonly EventBody[] => [
  {
    type: 'task.created',
    task: {
      id,
      name: null,
      request: { policy: 'sandboxed', tags: ['night'], operatorContact: 'ann', output },
      provider: { id: 'p', version: null },
      engine: { id: 'docker', endpoint: '' },
      image: '',
      workspace: '/s',
      labels: { 'berth.session': 'plan', 'berth.role': 'planner', 'berth.owner': 'bob' },
      source: { kind: 'clone', url: '/r', ref: null, base: null, branch: 'main', pushBranch: 'berth/x' },
    },
  } as unknown as EventBody,
  { type: 'turn.queued', turn: 1, prompt: 'plan it', promptBytes: 7 },
  { type: 'turn.planned', turn: 1, plan },
]
const started: EventBody = { type: 'turn.started', turn: 1, attempt: 1, container: 'c' }
const said = (text: string): EventBody => ({ type: 'agent.message', turn: 1, text })

/** Tasks in a folder, as one supervisor has them. */
const supervisor = (folder: ReturnType<typeof temporaryFolder>, stored: TaskRecord[] = []) => {
  const store = {
    put: (record: TaskRecord) => {
      stored.splice(0, stored.length, record, ...stored.filter(({ id }) => id !== record.id))
    },
    list: () => stored.toSorted(newestFirst),
  } as unknown as Store
  const claims = outputClaims(store)
  return (id: string, record?: TaskRecord): LiveTask =>
    liveTask({
      id,
      folder: folder.at(id),
      journal: openJournal(folder.at(id, 'events.jsonl')),
      store,
      record,
      onChange: () => {},
      onRecord: () => {},
      hooks: { states: () => new Set(), due: () => {} },
      claims,
    })
}
const reader = (out: string) => ({
  state: () => stateFile.parse(JSON.parse(readFileSync(`${out}/planner/plan/state.json`, 'utf8'))),
  lines: () =>
    readFileSync(`${out}/planner/plan/transcript.ndjson`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => transcriptLine.parse(JSON.parse(line))),
})

test('state.json and the transcript are current when an event is written', async () => {
  using folder = temporaryFolder()
  const out = folder.at('out')
  const { state, lines } = reader(out)
  const live = supervisor(folder)('t-a')
  live.append(...begin(out, 't-a'))
  expect(state()).toMatchObject({
    ...{ version: 1, task: 't-a', session: 'plan', role: 'planner', owner: 'bob', state: 'queued', question: null },
    ...{ branch: 'berth/x', tags: ['night'], operatorContact: 'ann', workspace: '/s', container: null },
    ...{ log: folder.at('t-a/events.jsonl'), transcript: `${out}/planner/plan/transcript.ndjson` },
    mounts: plan.container.mounts,
    env: ['HOME', 'LANG', 'TOKEN'],
  })
  live.append(started)
  live.append({ type: 'container.created', turn: 1, id: 'abc', name: 'c', engine: 'docker', image: '', digest: null })
  expect(state()).toMatchObject({ state: 'running', container: { id: 'abc', name: 'c' } })
  live.append({ type: 'turn.blocked', turn: 1, reason: 'a key is missing' })
  expect(state()).toMatchObject({ state: 'blocked', question: 'a key is missing' })
  live.append({ type: 'turn.unblocked', turn: 1 })
  live.append(said('half'), said('all'))
  live.append({ type: 'turn.ended', turn: 1, outcome })
  expect(state()).toMatchObject({ state: 'done', question: null, outcome })
  await live.close()
  expect(lines().map(({ direction, kind, text }) => `${direction} ${kind} ${text}`)).toEqual([
    'in prompt plan it',
    'system started attempt 1',
    'system question a key is missing',
    'system answered the task goes on',
    'out message half',
    'out message all',
    'system ended done: it is done',
  ])
  expect(lines()[2]).toMatchObject({
    ...{ session: 'plan', task: 't-a', turn: 1, branch: 'berth/x', requires_operator: true, tags: ['night'] },
    time: state().createdAt.slice(0, 10) + lines()[2]?.time.slice(10),
  })
  expect(lines().filter((line) => line.requires_operator)).toHaveLength(1)
})

test('a terminal shows the files as they are, whatever an agent said', async () => {
  using folder = temporaryFolder()
  const out = folder.at('out')
  const live = supervisor(folder)('t-a')
  const words = 'a\u001b[31m\u009b31m\u202e\u2066é'
  live.append(...begin(out, 't-a'), started, said(words), { type: 'turn.blocked', turn: 1, reason: words })
  await live.close()
  const { state, lines } = reader(out)
  expect([state().question, lines()[2]?.text]).toEqual([words, words])
  for (const name of ['state.json', 'transcript.ndjson'])
    expect(readFileSync(`${out}/planner/plan/${name}`, 'utf8')).not.toMatch(/[\u007f-\u009f\u202e\u2066]/)
})

test('what was removed or changed comes again, from the journal', async () => {
  using folder = temporaryFolder()
  const out = folder.at('out')
  const { state, lines } = reader(out)
  const stored: TaskRecord[] = []
  const live = supervisor(folder, stored)('t-a')
  live.append(...begin(out, 't-a'), started)
  await expect.poll(() => lines().length).toBe(2)
  appendFileSync(`${out}/planner/plan/transcript.ndjson`, 'not ours')
  live.append(said('one'))
  await expect.poll(() => lines().map(({ text }) => text)).toEqual(['plan it', 'attempt 1', 'one'])
  rmSync(out, { recursive: true })
  live.append({ type: 'turn.blocked', turn: 1, reason: 'why?' })
  expect(state().state).toBe('blocked')
  await live.close()
  expect(lines()).toHaveLength(4)
  rmSync(out, { recursive: true })
  const next = supervisor(folder, stored)('t-a', stored[0])
  next.showOutput()
  expect(state().state).toBe('blocked')
  await next.close()
  expect(lines()).toHaveLength(4)
})

test('a folder that cannot be written to holds nothing up, and is told once', async () => {
  using folder = temporaryFolder()
  const out = folder.at('out')
  mkdirSync(`${out}/planner`, { recursive: true })
  mkdirSync(folder.at('other'))
  symlinkSync(folder.at('other'), `${out}/planner/plan`)
  const live = supervisor(folder)('t-a')
  live.append(...begin(out, 't-a'), started)
  live.append({ type: 'turn.blocked', turn: 1, reason: 'why?' })
  const notices = () => [...live.journal.read()].flatMap((event) => (event.type === 'notice' ? event.text : []))
  await expect
    .poll(notices)
    .toEqual([
      expect.stringContaining('state.json could not be written'),
      expect.stringContaining('transcript.ndjson could not be written'),
    ])
  expect([live.record.state, readdirSync(folder.at('other'))]).toEqual(['blocked', []])
  rmSync(`${out}/planner/plan`)
  live.append({ type: 'turn.unblocked', turn: 1 })
  expect(reader(out).state().state).toBe('running')
  await live.close()
  expect(reader(out).lines()).toHaveLength(6)
})

test.each([
  ['', 't-a', 't-b'],
  [', also where it has the older id of a pre-started sandbox', 't-b', 't-a'],
])('of two tasks of one session the newer one writes%s', async (_, first, second) => {
  using folder = temporaryFolder()
  const out = folder.at('out')
  const { state, lines } = reader(out)
  const stored: TaskRecord[] = []
  const open = supervisor(folder, stored)
  const older = open(first)
  older.append(...begin(out, first), started)
  await sleep(2)
  const newer = open(second)
  newer.append(...begin(out, second))
  older.append({ type: 'turn.ended', turn: 1, outcome })
  await older.close()
  await newer.close()
  expect([state().task, new Set(lines().map(({ task }) => task))]).toEqual([second, new Set([second])])
  // A supervisor that has not seen the newer one looks for it.
  const again = supervisor(folder, stored)(
    first,
    stored.find(({ id }) => id === first),
  )
  again.append({ type: 'turn.queued', turn: 2, prompt: 'more', promptBytes: 4 })
  expect(state().task).toBe(second)
  await again.close()
})

test('a long transcript is made in slices, and rotated', async () => {
  using folder = temporaryFolder()
  const journal = openJournal(folder.at('events.jsonl'))
  journal.append([...begin(folder.at('out'), 't-a'), started])
  for (let at = 0; at < 40; at++) journal.append(Array.from({ length: 100 }, (_, of) => said(`${at} ${of}`)))
  const path = folder.at('out/transcript.ndjson')
  const file = transcriptFile({ journal, path, mark: folder.at('mark'), size: { maxBytes: 100_000, files: 3 } })
  const first = file.take([])
  // Events that come meanwhile are in it, too.
  const late = journal.append([said('late')])
  await Promise.all([first, file.take(late)])
  await sleep(0)
  await file.take(journal.append([said('last')]))
  const parts = ['transcript.2.ndjson', 'transcript.1.ndjson', 'transcript.ndjson'].map((name) =>
    readFileSync(folder.at('out', name), 'utf8'),
  )
  expect(parts.every((part) => part.length <= 100_000)).toBe(true)
  expect(existsSync(folder.at('out/transcript.3.ndjson'))).toBe(false)
  const texts = parts
    .flatMap((part) => part.trim().split('\n'))
    .map((line) => transcriptLine.parse(JSON.parse(line)).text)
  expect(texts.slice(-4)).toEqual(['39 98', '39 99', 'late', 'last'])
  expect(new Set(texts).size).toBe(texts.length)
  journal.close()
})

describe('a later supervisor', () => {
  const path = 'out/transcript.ndjson'
  /** A journal, and the transcript of its first events as an earlier supervisor left it. */
  const left = async (folder: ReturnType<typeof temporaryFolder>) => {
    const journal = openJournal(folder.at('events.jsonl'))
    const open = () => transcriptFile({ journal, path: folder.at(path), mark: folder.at('mark') })
    journal.append([...begin(folder.at('out'), 't-a'), started])
    const first = open()
    await first.take([])
    await first.settled()
    const texts = () =>
      readFileSync(folder.at(path), 'utf8')
        .trim()
        .split('\n')
        .map((line) => transcriptLine.parse(JSON.parse(line)).text)
    return { journal, first, open, texts, inode: () => statSync(folder.at(path), { bigint: true }).birthtimeNs }
  }

  test('goes on with the file, also behind what was written after the mark', async () => {
    using folder = temporaryFolder()
    const { journal, first, open, texts, inode } = await left(folder)
    const was = inode()
    // Not marked any more: this supervisor is killed.
    await first.take(journal.append([said('one')]))
    const late = journal.append([said('two')])
    await open().take(late)
    expect(texts()).toEqual(['plan it', 'attempt 1', 'one', 'two'])
    expect(inode()).toBe(was)
    journal.close()
  })

  test.each([
    ['more lines', (file: string) => appendFileSync(file, '{"text":"not ours"}\n')],
    ['half a line', (file: string) => appendFileSync(file, '{"ti')],
    ['fewer lines', (file: string) => truncateSync(file, 10)],
    ['nobody left', (file: string) => rmSync(file)],
  ])('makes a file anew that has %s', async (_, change) => {
    using folder = temporaryFolder()
    const { journal, open, texts } = await left(folder)
    change(folder.at(path))
    await open().take(journal.append([said('one')]))
    expect(texts()).toEqual(['plan it', 'attempt 1', 'one'])
    journal.close()
  })

  test('makes the file anew if the mark is damaged', async () => {
    using folder = temporaryFolder()
    const { journal, open, texts, inode } = await left(folder)
    const was = inode()
    writeFileSync(folder.at('mark'), 'null')
    await open().take(journal.append([said('one')]))
    expect([texts().length, inode() === was]).toEqual([3, false])
    journal.close()
  })
})
