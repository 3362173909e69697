import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { sessionsBody } from '../../api/bodies.ts'
import { BerthError } from '../../domain/errors.ts'
import { taskRequest } from '../../domain/request.ts'
import { sessionLabels } from '../../domain/session-labels.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { sessionStarts } from './start-sessions.ts'
import type { Prepared, Submission } from './submit.ts'

const caller = { cwd: '/', uid: 1, gid: 1, env: {} }
const [A, B] = ['t-00000000000000000a', 't-00000000000000000b']

let folder: ReturnType<typeof temporaryFolder>
/** The tasks that there are, newest first. */
let stored: TaskRecord[]
let planned: Submission[]
/** What happened, in its order. */
let order: string[]
/** What goes wrong with the task of a session, by the session. */
let refused: Record<string, BerthError>
let broken: Record<string, Error>

beforeEach(() => {
  folder = temporaryFolder()
  ;[stored, planned, order, refused, broken] = [[], [], [], {}, {}]
})
afterEach(() => folder[Symbol.dispose]())

const deps = () =>
  ({
    clock: { newId: () => `t-${stored.length}-${planned.length}` },
    installation: { folders: { state: folder.path } },
    store: {
      list: ({ labels = {} }: { labels?: Record<string, string> }) =>
        stored.filter((task) => Object.entries(labels).every(([name, value]) => task.labels[name] === value)),
    },
    config: {
      request: async ({ settings, prompt }: { settings: Record<string, unknown>; prompt: string }) => ({
        request: taskRequest.parse({
          prompt,
          session: settings['session'],
          repo: settings['repo'],
          branch: settings['branch'],
          output: settings['output'],
        }),
        given: {},
        configured: [],
      }),
    },
  }) as unknown as Submission['deps']

const one = {
  prepareTask: async (input: Submission): Promise<Prepared> => {
    const { session = '' } = input.request
    order.push(`plan ${session}`)
    planned.push(input)
    if (refused[session] !== undefined) throw refused[session]
    const about = { plan: { warnings: [`mind ${session}`] }, observed: { notices: [] } }
    return { input, planned: about } as unknown as Prepared
  },
  createPrepared: async ({ input: { task, request } }: Prepared): Promise<TaskRecord> => {
    const { session = '' } = request
    order.push(`create ${session}`)
    await Promise.resolve()
    if (broken[session] !== undefined) throw broken[session]
    const record = { id: task, labels: sessionLabels(request), manifest: request.manifest } as unknown as TaskRecord
    stored.unshift(record)
    return record
  },
}

const row = (session: string, more: object = {}) => ({
  ...{ session, row: session.charCodeAt(0) - 96, prompt: `do ${session}`, settings: { repo: 'o/n', branch: 'main' } },
  ...more,
})
const start = async (rows: readonly object[], more: object = {}) => {
  const body = sessionsBody.parse({ manifest: 'release', rows, caller, ...more })
  const starts = sessionStarts(deps(), { live: () => undefined } as unknown as Tasks, one)
  return (await starts(body, new AbortController().signal)).sessions
}
const results = (sessions: Awaited<ReturnType<typeof start>>) =>
  sessions.map(({ session, result, task }) => [session, result, task?.id ?? null])
const refusal = async (rows: readonly object[], more: object = {}) => {
  const error: unknown = await start(rows, more).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(BerthError)
  const { code, message } = error as BerthError
  return [code, message]
}

describe('a start', () => {
  test('plans all rows before it creates the first task', async () => {
    const sessions = await start([row('a', { id: A }), row('b', { id: B })])
    expect(results(sessions)).toEqual([
      ['a', 'created', A],
      ['b', 'created', B],
    ])
    expect(order).toEqual(['plan a', 'plan b', 'create a', 'create b'])
    expect(sessions[0]).toMatchObject({ row: 1, warnings: ['mind a'], problem: null })
    expect(sessions[0]?.task).toMatchObject({
      labels: { 'berth.session': 'a', 'berth.manifest': 'release' },
      manifest: { name: 'release', hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    })
  })

  test('creates nothing if a row is refused, and names the row', async () => {
    refused = { b: new BerthError('bad-ref', 'mian is no branch', { hint: 'try main' }) }
    expect(await refusal([row('a'), row('b')])).toEqual(['bad-ref', 'session 2 (b): mian is no branch'])
    expect(order).not.toContain('create a')
    expect(stored).toEqual([])
  })

  test.each([
    [{ repo: 'o/n' }, '--branch: a session needs a branch'],
    [{ branch: 'main' }, '--repo: a session needs a repository'],
  ])('refuses a row that has only %o', async (settings, words) => {
    expect(await refusal([row('a', { settings })])).toEqual(['bad-request', `session 1 (a): ${words}`])
    expect(order).toEqual([])
  })

  test('only plans with dryRun', async () => {
    expect(results(await start([row('a')], { dryRun: true }))).toEqual([['a', 'planned', null]])
    expect([order, planned[0]?.dry]).toEqual([['plan a'], true])
  })

  test.each([
    [[row('a'), row('a', { row: 2 })], 'session 2 (a): session 1 has this id, too'],
    [[row('a', { id: A }), row('b', { id: A })], `session 2 (b): session 1 has the task id ${A}, too`],
  ])('refuses two rows that are one, %#', async (rows, words) => {
    expect(await refusal(rows)).toEqual(['bad-request', words])
    expect(order).toEqual([])
  })
})

describe('with --output', () => {
  const output = (sessions: readonly object[], more: object) =>
    start(sessions, more).then(() => planned.at(-1)?.request.output)

  test('every row is written there, whatever its key says', async () => {
    const own = row('a', { settings: { repo: 'o/n', branch: 'main', output: '/own' } })
    expect(await output([own], {})).toBe('/own')
    stored = []
    expect(await output([own], { output: '/all' })).toBe('/all')
  })

  test('the flag does not change the row, and one that stays as it is says where it is written', async () => {
    await start([row('a', { id: A })])
    const warnings = async (more: object) => (await start([row('a')], more))[0]?.warnings
    expect(await warnings({})).toEqual([])
    expect(await warnings({ output: '/out' })).toEqual(['its task was started without --output, and stays so'])
    stored = stored.map((task) => ({ ...task, output: { state: '/out/none/a/state.json' } }))
    expect(await warnings({ output: '/out' })).toEqual([])
    expect(await warnings({ output: '/other' })).toEqual([
      'its task was started with its state in /out/none/a/state.json, and stays so',
    ])
  })
})

describe('the same manifest again', () => {
  test('leaves tasks alone whose rows say the same, and starts what is new or was removed', async () => {
    await start([row('a', { id: A }), row('b', { id: B })])
    stored = stored.filter(({ id }) => id !== B)
    order = []
    const sessions = await start([row('a'), row('b'), row('c')])
    expect(sessions.map(({ result }) => result)).toEqual(['unchanged', 'created', 'created'])
    expect(sessions[0]?.task?.id).toBe(A)
    expect(order).toEqual(['plan b', 'plan c', 'create b', 'create c'])
  })

  test('a request that is sent twice has created its tasks', async () => {
    await start([row('a', { id: A })])
    expect(results(await start([row('a', { id: A })]))).toEqual([['a', 'created', A]])
  })

  test('starts nothing if rows have changed, and names all of them', async () => {
    await start([row('a', { id: A }), row('b', { id: B })])
    order = []
    expect(await refusal([row('a', { prompt: 'other' }), row('b', { settings: {} }), row('c')])).toEqual([
      'manifest-changed',
      `session 1 (a): its task ${A} was started with other content\nsession 2 (b): its task ${B} was started with other content`,
    ])
    expect(order).toEqual([])
  })

  test('another manifest has other sessions', async () => {
    await start([row('a', { id: A })])
    expect(results(await start([row('a', { id: B, prompt: 'other' })], { manifest: 'nightly' }))).toEqual([
      ['a', 'created', B],
    ])
  })

  test('two starts at once create each task once', async () => {
    const body = sessionsBody.parse({ manifest: 'release', rows: [row('a')], caller })
    const starts = sessionStarts(deps(), { live: () => undefined } as unknown as Tasks, one)
    const { signal } = new AbortController()
    const both = await Promise.all([starts(body, signal), starts(body, signal)])
    expect(both.map(({ sessions }) => sessions[0]?.result)).toEqual(['created', 'unchanged'])
    expect(stored).toHaveLength(1)
  })
})

describe('rows that wait', () => {
  test('are created after those that they wait for, and name their tasks', async () => {
    await start([row('b', { id: B, after: ['a'] }), row('a', { id: A })])
    expect(order.slice(2)).toEqual(['create a', 'create b'])
    expect(planned.find(({ task }) => task === B)?.request).toMatchObject({ after: [{ name: 'a', task: A }] })
  })

  test('may run also if those fail', async () => {
    await start([row('a', { id: A }), row('b', { after: ['a'], afterFailed: 'run' })])
    expect(planned.map(({ request }) => request.afterFailed)).toEqual([undefined, 'run'])
  })

  test('may wait for a task of an earlier start', async () => {
    await start([row('a', { id: A })])
    await start([row('b', { after: ['a'] })])
    expect(planned.at(-1)?.request.after).toEqual([{ name: 'a', task: A }])
  })

  test('are refused if what they wait for is not started', async () => {
    expect(await refusal([row('b', { after: ['a'] })])).toEqual([
      'bad-request',
      'session 2 (b): it waits for a, which is not started: start that session, too',
    ])
  })

  test('are refused in a circle', async () => {
    const circle = [row('a'), row('b', { after: ['c', 'a'] }), row('c', { after: ['b'] })]
    expect(await refusal(circle)).toEqual([
      'bad-request',
      'session 2 (b): it is one of sessions that wait for each other: b, c',
    ])
    expect((await refusal([row('a', { after: ['a'] })]))[0]).toBe('bad-request')
  })

  test('are not created if what they wait for cannot be; the others are', async () => {
    broken = { a: new Error('ENOSPC') }
    const sessions = await start([row('a'), row('b', { after: ['a'] }), row('c')])
    expect(sessions.map(({ result, problem }) => [result, problem?.code, problem?.message])).toEqual([
      ['failed', 'internal', 'ENOSPC'],
      ['failed', 'not-allowed', 'it waits for a, whose task could not be created'],
      ['created', undefined, undefined],
    ])
  })
})
