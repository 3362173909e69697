import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { BerthError } from '../domain/errors.ts'
import { berth } from './berth.ts'
import type { SessionsOptions } from './sessions.ts'

type Asked = { readonly method: string; readonly url: string; readonly body: unknown }
type Answer = (request: Asked, response: ServerResponse) => void

const RECORD = { id: 't-1', seq: 3, state: 'running', turns: [{ turn: 1, outcome: null, endedAt: null }] }
const line = (seq: number) =>
  `{"v":1,"seq":${seq},"at":"2026-01-01T00:00:00.000Z","type":"notice","level":"info","text":"x"}\n`

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  let text = ''
  for await (const chunk of request) text += chunk
  return text === '' ? null : JSON.parse(text)
}

/** A supervisor that answers as a test says, and a client of it. */
const openClient = async (answer: Answer, signal?: AbortSignal) => {
  const folder = temporaryFolder('berth-library-')
  const path = join(folder.path, 's.sock')
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const one = { method: request.method ?? '', url: request.url ?? '', body: await bodyOf(request) }
    if (one.url === '/v1/status') return void response.end('{}')
    asked.push(one)
    answer(one, response)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    folder[Symbol.dispose]()
  })
  const b = await berth({ host: `unix://${path}`, signal })
  return { b, asked }
}

const errorOf = (call: Promise<unknown>): Promise<BerthError> =>
  call.then(
    () => expect.fail('the call did not fail'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(BerthError)
      return error as BerthError
    },
  )

const json =
  (value: unknown): Answer =>
  (_, response) =>
    void response.end(JSON.stringify(value))
const nothing: Answer = () => {}

describe('a client of the library', () => {
  test('sessions go in one request, as rows with their settings, and come back with their tasks', async () => {
    const problem = { code: 'disk-full', message: 'no space', hint: 'make some' }
    const none = { task: null, warnings: [], problem: null }
    const { b, asked } = await openClient(
      json({
        sessions: [
          { ...none, session: 'plan', row: 1, result: 'created', task: RECORD, warnings: ['mind this'] },
          { ...none, session: 'build', row: 2, result: 'failed', problem },
        ],
      }),
    )
    const place = { repo: '/srv/app', branch: 'main' }
    const sessions = await b.sessions({
      manifest: 'release',
      output: 'out',
      sessions: [
        { ...place, id: 'plan', prompt: 'Plan.', role: 'planner', turnTimeout: '5m', env: { MODE: 'fast' } },
        { ...place, id: 'build', prompt: 'Build.', after: 'plan', afterFailed: 'run', env: ['PATH'] },
      ],
    })
    const id = expect.stringMatching(/^t-[0-9a-z]{18}$/)
    expect(asked).toMatchObject([
      {
        method: 'POST',
        url: '/v1/sessions',
        body: {
          manifest: 'release',
          output: join(process.cwd(), 'out'),
          dryRun: false,
          caller: { cwd: process.cwd(), env: { PATH: process.env['PATH'] } },
        },
      },
    ])
    expect(asked[0]?.body).toHaveProperty('rows', [
      {
        ...{ session: 'plan', row: 1, id, prompt: 'Plan.', after: [] },
        settings: { ...place, role: 'planner', 'turn-timeout': '5m', env: ['MODE=fast'] },
      },
      {
        ...{ session: 'build', row: 2, id, prompt: 'Build.', after: ['plan'], afterFailed: 'run' },
        settings: { ...place, env: ['PATH'] },
      },
    ])
    expect(sessions.map(({ task, ...rest }) => ({ ...rest, task: task?.id ?? null }))).toEqual([
      { id: 'plan', result: 'created', task: 't-1', warnings: ['mind this'], problem: null },
      { id: 'build', result: 'failed', task: null, warnings: [], problem },
    ])
  })

  test('sessions that are no list are a mistake of the caller', async () => {
    const { b, asked } = await openClient(nothing)
    const wrong = { manifest: 'release', sessions: 'plan' } as unknown as SessionsOptions
    expect((await errorOf(b.sessions(wrong))).code).toBe('usage')
    expect(asked).toEqual([])
  })

  test('a launch sends the settings by their names in the file', async () => {
    const { b, asked } = await openClient(json(RECORD))
    const options = {
      ...{ repo: '.', prompt: 'Hello.', pushTo: 'fix', sharedTree: true, cpus: 1.5, volume: ['data:/data'] },
      ...{ env: { MODE: 'fast' }, label: ['batch=7'], model: undefined },
      outputSchema: { type: 'array' },
    }
    const task = await b.launch(options)
    expect(task.record).toEqual(RECORD)
    expect(asked[0]).toMatchObject({ method: 'POST', url: '/v1/tasks' })
    expect(asked[0]?.body).toMatchObject({
      id: expect.stringMatching(/^t-[0-9a-z]{18}$/),
      prompt: 'Hello.',
      files: [],
      caller: { cwd: process.cwd(), uid: process.getuid?.() },
      settings: {
        ...{ repo: '.', 'push-to': 'fix', 'shared-tree': true, cpus: 1.5, volume: [`${process.cwd()}/data:/data`] },
        ...{ env: ['MODE=fast'], label: ['batch=7'] },
        'output-schema': { type: 'array' },
      },
    })
    expect(asked[0]?.body).not.toHaveProperty('settings.model')
  })

  test.each([undefined, null, 'a prompt'])(
    'a launch with %j in place of options is rejected, and asks nothing',
    async (given) => {
      const { b, asked } = await openClient(json(RECORD))
      expect(await errorOf(b.launch(given as never))).toMatchObject({
        code: 'usage',
        message: expect.stringMatching(/^launch: expected an object with options/),
      })
      expect(asked).toEqual([])
    },
  )

  test('an error of the supervisor names settings as the library does', async () => {
    const detail = '--memroy: there is no such setting (did you mean --memory?)'
    const problem = { type: 'urn:berth:error:usage', status: 400, code: 'usage', detail, hint: 'x' }
    const { b } = await openClient((_, response) => void response.writeHead(400).end(JSON.stringify(problem)))
    const failed = await errorOf(b.launch({ prompt: 'x', memroy: '2g' } as never))
    expect(failed).toMatchObject({ code: 'usage', message: 'memroy: there is no such setting (did you mean memory?)' })
  })

  test('lists, usage and cleanup ask as the routes want it', async () => {
    const { b, asked } = await openClient(json({ tasks: [], usage: [], pruned: [], kept: [], bytes: 0, left: null }))
    await b.list({ all: true, labels: { batch: '7', x: 'y' }, states: ['failed', 'died'], limit: 5 })
    await b.usage({ by: ['model', 'label:batch'], since: new Date('2026-01-02T00:00:00Z') })
    expect(await b.cleanup({ labels: { batch: '7' }, force: true })).toEqual(
      expect.not.objectContaining({ left: expect.anything() }),
    )
    expect(asked.map(({ url }) => url)).toEqual([
      '/v1/tasks?all=true&state=failed%2Cdied&label=batch%3D7&label=x%3Dy&limit=5',
      '/v1/usage?by=model%2Clabel%3Abatch&since=2026-01-02T00%3A00%3A00.000Z',
      '/v1/prune',
    ])
    const states = ['ready', 'done', 'failed', 'stopped', 'died']
    expect(asked[2]?.body).toEqual({ labels: { batch: '7' }, states, force: true, dryRun: false })
    expect(await errorOf(b.cleanup({ labels: {} }))).toMatchObject({ code: 'usage' })
    expect(await errorOf(b.cleanup({} as never))).toMatchObject({ code: 'usage' })
    expect(await errorOf(b.cleanup(undefined as never))).toMatchObject({ code: 'usage' })
    expect(asked.length).toBe(3)
  })

  test('a pull request is opened, and asked about, with what the caller has', async () => {
    const pr = { number: 7, url: 'https://host/o/n/pull/7', state: 'open', checks: 'passed', reviews: null }
    const { b, asked } = await openClient(
      ({ url }, response) =>
        void response.end(JSON.stringify(url.endsWith('/pr/status') ? { pr } : { ...RECORD, pr: { ...pr } })),
    )
    const task = await b.task('t-1')
    expect((await task.openPullRequest({ draft: true })).pr?.number).toBe(7)
    expect(await task.pullRequest()).toEqual(pr)
    const sent = asked.filter(({ method }) => method === 'POST')
    expect(sent.map(({ url }) => url)).toEqual(['/v1/tasks/t-1/pr', '/v1/tasks/t-1/pr/status'])
    expect(sent[0]?.body).toMatchObject({ draft: true, caller: { cwd: process.cwd() } })
    expect(sent[1]?.body).not.toHaveProperty('draft')
  })

  test('events go on behind the last one where the connection broke', async () => {
    const parts = [`${line(1)}${line(2)}`, '', `${line(3)}\n`]
    const { b, asked } = await openClient(({ url }, response) => {
      if (url === '/v1/tasks/t-1') return void response.end(JSON.stringify(RECORD))
      response.writeHead(200, { 'content-length': 10_000 }).write(parts.shift() ?? '')
      setImmediate(() => response.destroy())
    })
    const task = await b.task('t-1')
    const seen: number[] = []
    for await (const { seq } of task.events()) seen.push(seq)
    expect(seen).toEqual([1, 2, 3])
    const cursors = asked.flatMap(({ url }) => new URL(url, 'http://x').searchParams.get('after') ?? [])
    expect([cursors[0], cursors.at(-1)]).toEqual(['0', '2'])
  })

  test("an aborted call ends with the signal's reason, before and in the middle of an answer", async () => {
    const { b, asked } = await openClient(nothing)
    const stop = new AbortController()
    const listed = errorOf(b.list({ signal: stop.signal }))
    await expect.poll(() => asked.length).toBe(1)
    stop.abort(new Error('enough'))
    const reason = stop.signal.reason
    expect(await listed).toMatchObject({ code: 'aborted', message: 'the call was aborted: enough', cause: reason })
    expect(await errorOf(b.list({ signal: stop.signal }))).toMatchObject({ code: 'aborted', cause: reason })
    expect(asked.length).toBe(1)
  })

  test("events end with the client's signal, also one that comes while nobody asks for the next", async () => {
    const stop = new AbortController()
    const { b } = await openClient(({ url }, response) => {
      if (url === '/v1/tasks/t-1') return void response.end(JSON.stringify(RECORD))
      response.writeHead(200, { 'content-length': 10_000 }).write(line(1))
    }, stop.signal)
    const events = (await b.task('t-1')).events()
    expect(await events.next()).toMatchObject({ value: { seq: 1 } })
    stop.abort()
    expect(await errorOf(events.next())).toMatchObject({ code: 'aborted' })
    expect(await events.next()).toEqual({ done: true, value: undefined })
  })

  test('disposal ends what is under way, and refuses what comes then', async () => {
    const { b, asked } = await openClient(nothing)
    const listed = errorOf(b.list())
    await expect.poll(() => asked.length).toBe(1)
    await b[Symbol.asyncDispose]()
    expect(await listed).toMatchObject({ code: 'client-closed' })
    expect(await errorOf(b.launch({ prompt: 'Hello.' }))).toMatchObject({ code: 'client-closed' })
    expect(asked.length).toBe(1)
    await b.close()
  })

  test("an error is the supervisor's, with code and hint", async () => {
    const problem = { code: 'not-found', detail: 't-9: no such task', hint: 'Look again.', status: 404 }
    const { b } = await openClient((_, response) => void response.writeHead(404).end(JSON.stringify(problem)))
    expect(await errorOf(b.task('t-9'))).toMatchObject({
      code: 'not-found',
      message: problem.detail,
      hint: 'Look again.',
    })
  })

  test('wait gives the outcome of the turn that was asked for', async () => {
    const outcome = (reason: string) => ({ result: 'failed', class: 'agent', reason, exitCode: 1 })
    const turns = [1, 2].map((turn) => ({ turn, outcome: outcome(`turn ${turn}`), endedAt: 'now' }))
    const { b, asked } = await openClient(json({ ...RECORD, turns }))
    const task = await b.task('t-1')
    expect(await task.wait()).toEqual(outcome('turn 2'))
    expect(await task.wait({ turn: 1 })).toEqual(outcome('turn 1'))
    expect(await errorOf(task.wait({ turn: 3 }))).toMatchObject({ code: 'usage' })
    expect(asked.every(({ url }) => url === '/v1/tasks/t-1')).toBe(true)
  })
})

describe('where the supervisor is', () => {
  test.each([
    [{ host: 'https://berth.example' }, 'does not serve over the network yet'],
    [{ host: 'unix:relative.sock' }, 'does not serve over the network yet'],
    [{ host: 'unix:///run/berth.sock', token: 'secret' }, 'takes no token'],
    [{ token: 'secret' }, 'takes no token'],
  ])('%o is refused', async (options, says) => {
    const error = await errorOf(berth(options))
    expect(error).toMatchObject({ code: 'usage', message: expect.stringContaining(says) })
    expect(error.message).not.toContain('secret')
  })

  test('a socket where nobody listens is not started', async () => {
    const folder = temporaryFolder('berth-library-')
    onTestFinished(() => folder[Symbol.dispose]())
    const host = `unix://${folder.path}/none.sock`
    expect(await errorOf(berth({ host }))).toMatchObject({ code: 'supervisor-unreachable' })
  })
})
