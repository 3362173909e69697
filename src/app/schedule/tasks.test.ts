import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Event, EventBody } from '../../domain/event.ts'
import { reduce } from '../../domain/reduce.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import { openJournal } from '../../store/journal.ts'
import { readJournal } from '../../store/read-journal.ts'
import type { Deps } from '../deps.ts'
import { superviseTasks } from './tasks.ts'

const ID = 't-one'
const seed = {
  id: ID,
  name: null,
  request: { policy: 'sandboxed' },
  provider: { id: 'p', version: null },
  engine: { id: 'docker', endpoint: '' },
  image: '',
  workspace: null,
  labels: {},
  source: { kind: 'none', url: null, ref: null, base: null, branch: null, pushBranch: null },
}
const outcome = { result: 'failed', class: 'agent', reason: 'it failed', exitCode: 1 } as const
const note = (text: string): EventBody => ({ type: 'notice', level: 'info', text })

const plan = { provider: 'p', attempt: 1, engine: { kind: 'docker', endpoint: '' }, image: { reference: '' } }

let state = ''
const stored = new Map<string, { readonly record: TaskRecord }>()
/** The engine's answers to the planning of a turn, given by the test. */
let asked: PromiseWithResolvers<never>
let begun: PromiseWithResolvers<void>

/** Errors that were logged. */
let logged: string[] = []
/** How often the next turns fail by a fault of ours. */
let faults = 0

const registry = (more: Partial<Record<keyof Engine, unknown>> = {}) => {
  const engine = {
    info: () => {
      begun.resolve()
      return asked.promise
    },
    image: () => asked.promise,
    remove: async () => {},
    list: async () => [],
    ...more,
  }
  const deps = {
    installation: {
      folders: { state, runtime: state, configFile: '' },
      hookEnv: {},
      toolbox: async () => undefined,
    },
    store: {
      get: (id: string) => stored.get(id),
      submitted: (key: string) => stored.get(key)?.record,
      put: (record: TaskRecord) => void stored.set(record.id, { record }),
      remove: (id: string) => void stored.delete(id),
      asLeft: true,
      unfinished: () => [...stored.keys()],
      journal: openJournal,
    },
    engines: {
      at: () => engine,
      events: () => {
        faults -= 1
        if (faults >= 0) throw new Error('a bug')
        return { [Symbol.dispose]() {} }
      },
    },
    config: {
      providers: new Map([['p', {}]]),
      settings: () => ({
        hook: null,
        diskBudget: null,
        queue: { concurrency: Number.POSITIVE_INFINITY, labels: {} },
        workspaceBaseDir: null,
        mountRoots: null,
        allowedRepositories: null,
        allowedHosts: null,
        envAllow: null,
      }),
    },
    clock: { now: () => new Date() },
    egress: { keepLogs: () => {} },
    logins: { giveBack: () => {} },
    log: ({ error }: { readonly error: string }) => logged.push(error),
  } as unknown as Deps
  return superviseTasks(deps)
}
const events = (): readonly Event[] => [...readJournal(`${state}/tasks/${ID}/events.jsonl`).read()]

beforeEach(() => {
  stored.clear()
  logged = []
  faults = 0
  state = mkdtempSync(join(tmpdir(), 'berth-tasks-'))
  mkdirSync(`${state}/tasks/${ID}`, { recursive: true })
  asked = Promise.withResolvers()
  asked.promise.catch(() => {})
  begun = Promise.withResolvers()
  const journal = openJournal(`${state}/tasks/${ID}/events.jsonl`)
  journal.append([
    { type: 'task.created', task: seed },
    { type: 'turn.queued', turn: 1, prompt: 'a', promptBytes: 1 },
    { type: 'turn.planned', turn: 1, plan },
    { type: 'turn.ended', turn: 1, outcome },
  ] as unknown as EventBody[])
  journal.close()
})
afterEach(() => {
  rmSync(state, { recursive: true })
  expect(logged).toEqual([])
})

test('a turn that is stopped while it is planned has one end, and what is sent behind it is looked at', async () => {
  const tasks = registry()
  const queue = (turn: number) =>
    tasks.exclusive(ID, (live) => live.commit({ type: 'turn.queued', turn, prompt: 'b', promptBytes: 1 }))
  await queue(2)
  await begun.promise
  const stopped = tasks.stop(ID, { by: 'user', reason: 'enough' }, false)
  const sent = queue(3)
  asked.reject(new Error('the engine is gone'))
  await Promise.all([stopped, sent])
  await tasks.settled(ID)
  const ends = events().flatMap((event) => (event.type === 'turn.ended' ? [[event.turn, event.outcome.reason]] : []))
  expect(ends).toEqual([
    [1, 'it failed'],
    [2, 'enough'],
    [3, 'the engine is gone'],
  ])
})

test('a first turn that is resumed and stopped before it begins again never begins', async () => {
  const tasks = registry()
  await tasks.exclusive(ID, (live) => live.commit({ type: 'turn.again', turn: 1, attempt: 2, prompt: 'a' }))
  await begun.promise
  const stopped = tasks.stop(ID, { by: 'user', reason: 'enough' }, false)
  asked.reject(new Error('the engine is gone'))
  await stopped
  expect(events().filter((event) => event.type === 'turn.ended' || event.type === 'turn.started').length).toBe(2)
  expect(events().at(-1)).toMatchObject({ type: 'turn.ended', outcome: { result: 'stopped' } })
})

/** A second turn that is planned in a warm container, and looks whether it is there until it is told. */
const looking = async () => {
  const gate = Promise.withResolvers<{ readonly state: string }>()
  const tasks = registry({
    inspect: () => {
      begun.resolve()
      return gate.promise
    },
  })
  const kept = {
    ...plan,
    turn: 2,
    kept: { after: 1, until: Date.now() + 60_000 },
    container: { name: 'c', labels: {} },
    folders: { exchange: `${state}/none`, socket: state },
  }
  await tasks.exclusive(ID, (live) =>
    live.commit(
      { type: 'turn.queued', turn: 2, prompt: 'b', promptBytes: 1 },
      { type: 'turn.planned', turn: 2, plan: kept },
    ),
  )
  return { tasks, gate, kept: kept as unknown as Plan }
}

test('a turn that is stopped while it looks for the container it was planned in never begins', async () => {
  const { tasks, gate } = await looking()
  await begun.promise
  const stopped = tasks.stop(ID, { by: 'user', reason: 'enough' }, false)
  gate.resolve({ state: 'running' })
  await stopped
  expect(events().at(-1)).toMatchObject({ type: 'turn.ended', turn: 2, outcome: { reason: 'enough' } })
})

test('a stop does not wait for what is sent behind it', async () => {
  const { tasks, gate } = await looking()
  await begun.promise
  const stopped = tasks.stop(ID, { by: 'user', reason: 'enough' }, false)
  await tasks.exclusive(ID, (live) => live.commit({ type: 'turn.queued', turn: 3, prompt: 'c', promptBytes: 1 }))
  begun = Promise.withResolvers()
  gate.resolve({ state: 'running' })
  await begun.promise
  await stopped
  expect(stored.get(ID)?.record.turns.map((turn) => turn.state)).toEqual(['failed', 'stopped', 'queued'])
  asked.reject(new Error('the engine is gone'))
  await tasks.settled(ID)
})

test('a turn that is edited while it waits begins with the plan of the edit', async () => {
  const { tasks, gate, kept } = await looking()
  await begun.promise
  tasks.replacePlan(ID, { ...kept, turn: 3, container: { ...kept.container, name: 'of another turn' } })
  const order = { limits: {} } as Plan['order']
  tasks.replacePlan(ID, { ...kept, order, container: { ...kept.container, name: 'edited' } })
  gate.resolve({ state: 'running' })
  const started = () => events().flatMap((event) => (event.type === 'turn.started' ? [event.container] : []))
  await vi.waitFor(() => expect(started()).toEqual(['edited']))
  await tasks.shutDown()
  logged.length = 0
})

test('a fault of ours that passes is none: the turn goes on by itself', async () => {
  faults = 2
  const { tasks, gate } = await looking()
  await begun.promise
  expect(logged.splice(0)).toEqual([expect.stringContaining('a bug'), expect.stringContaining('a bug')])
  const stopped = tasks.stop(ID, { by: 'user', reason: 'enough' }, false)
  gate.resolve({ state: 'running' })
  await stopped
})

test('a fault of ours that stays fails its turn, and the one behind it is looked at', async () => {
  faults = 4
  const { tasks } = await looking()
  await tasks.exclusive(ID, (live) => live.commit({ type: 'turn.queued', turn: 3, prompt: 'c', promptBytes: 1 }))
  await vi.waitFor(() => expect(stored.get(ID)?.record.turns[1]?.outcome).not.toBeNull(), 20_000)
  asked.reject(new Error('the engine is gone'))
  await tasks.settled(ID)
  const ends = events().flatMap((event) => (event.type === 'turn.ended' ? [event.outcome] : []))
  expect(ends.slice(1)).toMatchObject([
    { result: 'failed', class: 'internal', reason: 'a bug in Berth: a bug' },
    { result: 'failed', reason: 'the engine is gone' },
  ])
  expect(logged.splice(0).filter((error) => error.includes('a bug'))).toHaveLength(4)
})

/** Creates a task with a first turn that is over. */
const create = (tasks: ReturnType<typeof registry>, id: string, prompt: string) =>
  tasks.create({
    id,
    key: id,
    first: [
      { type: 'task.created', task: { ...seed, id } },
      { type: 'turn.queued', turn: 1, prompt, promptBytes: 1 },
      { type: 'turn.ended', turn: 1, outcome },
    ] as unknown as Parameters<typeof tasks.create>[0]['first'],
    files: [],
    plan: { turn: 1, attempt: 1 } as Plan,
    engine: {} as Engine,
    callerContext: { callerEnv: {}, key: null, env: {} },
  })

test('two of one id at once, as of a submit whose answer was lost, are one task', async () => {
  const tasks = registry()
  const id = 't-two'
  const made = await Promise.all([create(tasks, id, 'first'), create(tasks, id, 'second')])
  await tasks.settled(id)
  made.push(await create(tasks, id, 'third'))
  expect(made.map(({ turns }) => turns[0]?.prompt)).toEqual(['first', 'first', 'first'])
  const kept = readFileSync(`${state}/tasks/${id}/events.jsonl`, 'utf8')
  expect(kept.match(/"prompt":"\w+"/g)).toEqual(['"prompt":"first"'])
})

test('a submit that is sent again, while what a killed supervisor wrote of it is removed, makes the task', async () => {
  const id = 't-two'
  const path = `${state}/tasks/${id}/events.jsonl`
  const journal = openJournal(path)
  journal.append([{ type: 'task.created', task: { ...seed, id } }] as unknown as EventBody[])
  journal.close()
  const [first] = readJournal(path).read()
  stored.set(id, { record: reduce(undefined, first as Event) })
  const tasks = registry()
  tasks.recover()
  expect((await create(tasks, id, 'again')).turns[0]?.prompt).toBe('again')
  await tasks.settled(id)
  expect([...readJournal(path).read()].map(({ type }) => type).slice(0, 3)).toEqual([
    'task.created',
    'turn.queued',
    'turn.ended',
  ])
})

test('two at once on a task that is not under way write one journal, one after the other', async () => {
  const tasks = registry()
  const twice = (text: string) =>
    tasks.withTask(ID, async (live) => {
      live.append(note(text))
      await new Promise((resolve) => setImmediate(resolve))
      live.append(note(text))
    })
  await Promise.all([twice('a'), twice('b')])
  expect(events().map((event) => event.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(events().flatMap((event) => (event.type === 'notice' ? [event.text] : []))).toEqual(['a', 'a', 'b', 'b'])
})
