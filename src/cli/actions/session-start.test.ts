import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { Context } from '../context.ts'
import { type StartOptions, sessionStartAction } from './session-start.ts'
import { sessionLogsAction, sessionResumeAction, sessionStatusAction, sessionStopAction } from './session-tasks.ts'

type Asked = { readonly method: string; readonly path: string; readonly body: unknown }

let folder: ReturnType<typeof temporaryFolder>
let server: Server
let asked: Asked[]
/** The answers of the supervisor, by method and path. */
let answers: Record<string, unknown>
let out: string
let said: string

const MANIFEST = `[defaults]
repo = "team/app"
branch = "main"
env = { TOKEN = "canary" }
[[sessions]]
id = "plan"
role = "planner"
prompt = "make a plan"
[[sessions]]
id = "build"
after = "plan"
prompt = "build it"
[[sessions]]
id = "review"
owner = "ann"
after = "build"
after-failed = "run"
prompt = "Review by {{results.plan.text}}"
`

const task = (id: string, session: string, more: object = {}) => ({
  ...{ id, state: 'queued', reason: null, outcome: null, container: null, kept: null, workspace: null, emptied: false },
  repository: { branch: 'main', pushBranch: null },
  pushed: null,
  labels: { 'berth.session': session, 'berth.manifest': 's' },
  ...more,
})
const started = (session: string, row: number, more: object = {}) => ({
  ...{ session, row, result: 'created', task: task(`t-${session}`, session), warnings: [], problem: null },
  ...more,
})

beforeEach(async () => {
  folder = temporaryFolder()
  ;[asked, answers, out, said] = [[], {}, '', '']
  writeFileSync(folder.at('s.toml'), MANIFEST)
  server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { method = '', url: path = '' } = request
      const text = Buffer.concat(parts).toString()
      asked.push({ method, path, body: text === '' ? undefined : JSON.parse(text) })
      const answer = answers[`${method} ${path.split('?')[0]}`] ?? {}
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
    })
  })
  server.listen(folder.at('socket'))
  await once(server, 'listening')
})
afterEach(() => {
  server.close()
  folder[Symbol.dispose]()
})

const context = () =>
  ({
    env: {},
    cwd: folder.path,
    uid: 1,
    gid: 1,
    build: 'b',
    paths: { configFile: folder.at('config.toml'), socket: folder.at('socket'), state: '/state', runtime: '/run' },
    stdout: {
      write(text: string, isWritten?: () => void) {
        out += text
        isWritten?.()
      },
    },
    stderr: { write: (text: string) => (said += text) },
  }) as unknown as Context

const start = (options: Partial<StartOptions> = {}) => sessionStartAction(context(), { file: 's.toml', ...options })
const cells = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/))

test('all rows go in one request', async () => {
  answers = { 'POST /v1/sessions': { sessions: [started('plan', 1), started('build', 2), started('review', 3)] } }
  expect(await start()).toBe(0)
  expect(asked).toMatchObject([
    {
      path: '/v1/sessions',
      body: {
        manifest: 's',
        dryRun: false,
        rows: [
          {
            session: 'plan',
            row: 1,
            prompt: 'make a plan',
            after: [],
            settings: { repo: 'team/app', role: 'planner' },
          },
          { session: 'build', row: 2, after: ['plan'], settings: { env: ['TOKEN=canary'] } },
          { session: 'review', row: 3, after: ['build'], afterFailed: 'run', settings: { owner: 'ann' } },
        ],
      },
    },
  ])
  expect(cells(out)).toEqual([
    ['SESSION', 'ROLE', 'TASK', 'STATE', 'RESULT'],
    ['plan', 'planner', 't-plan', 'queued', 'started'],
    ['build', '-', 't-build', 'queued', 'started'],
    ['review', '-', 't-review', 'queued', 'started'],
  ])
  expect(said).toBe('')
})

test('--output is named from the root of this machine', async () => {
  answers = { 'POST /v1/sessions': { sessions: [started('plan', 1)] } }
  expect(await start({ only: ['plan'], output: 'out/all' })).toBe(0)
  expect(asked[0]?.body).toMatchObject({ output: folder.at('out/all'), rows: [{ session: 'plan' }] })
})

test('a session that could not be started makes the exit code 1, and the others are told', async () => {
  const problem = { code: 'internal', message: 'no space', hint: 'make some' }
  answers = {
    'POST /v1/sessions': {
      sessions: [
        started('plan', 1, { result: 'unchanged', warnings: ['mind this'] }),
        started('build', 2, { result: 'failed', task: null, problem }),
      ],
    },
  }
  expect(await start({ only: ['plan', 'build'] })).toBe(1)
  expect(cells(out).slice(1)).toEqual([
    ['plan', 'planner', 't-plan', 'queued', 'unchanged'],
    ['build', '-', '-', '-', 'failed'],
  ])
  expect(said).toContain('berth: session 1 (plan): warning: mind this\n')
  expect(said).toContain('berth: session 2 (build): no space\n  make some\n')
  out = ''
  expect(await start({ only: ['plan', 'build'], json: true })).toBe(1)
  expect(JSON.parse(out)).toMatchObject({
    sessions: [
      { id: 'plan', role: 'planner', task: 't-plan', result: 'unchanged', warnings: ['mind this'], problem: null },
      { id: 'build', task: null, state: null, result: 'failed', problem },
    ],
  })
})

test('--only sends the named sessions; an id that is none is a mistake', async () => {
  answers = { 'POST /v1/sessions': { sessions: [started('build', 2)] } }
  expect(await start({ only: ['build'], dryRun: true })).toBe(0)
  expect(asked[0]?.body).toMatchObject({ dryRun: true, rows: [{ session: 'build', row: 2 }] })
  await expect(start({ only: ['biuld'] })).rejects.toMatchObject({
    code: 'usage',
    message: '--only biuld: the manifest has no session of this id (did you mean build?)',
  })
})

test('a manifest with mistakes is refused, and nobody is asked', async () => {
  writeFileSync(folder.at('s.toml'), MANIFEST.replace('role', 'rolle').replace('after = "plan"', 'after = "plam"'))
  await expect(start()).rejects.toMatchObject({
    code: 'manifest-invalid',
    message: [
      's.toml:7: session 1 (plan): unknown key "rolle" (did you mean role?)',
      's.toml:11: session 2 (build): after: there is no session "plam" (did you mean plan?)',
      's.toml:18: session 3 (review): results.plan: the session does not wait for "plan": write it into after',
    ].join('\n'),
  })
  expect(asked).toEqual([])
})

test('status lists every session of the manifest, in its order, by the newest task', async () => {
  answers = { 'GET /v1/tasks': { tasks: [task('t-2', 'build', { state: 'running' }), task('t-1', 'build')] } }
  expect(await sessionStatusAction(context(), { file: 's.toml', json: true })).toBe(0)
  const { sessions } = JSON.parse(out) as { sessions: Record<string, unknown>[] }
  expect(sessions.map(({ id, task: of, state }) => [id, of, state])).toEqual([
    ['plan', null, null],
    ['build', 't-2', 'running'],
    ['review', null, null],
  ])
  expect(Object.keys(sessions[0] ?? {})).toEqual([
    ...['id', 'role', 'owner', 'task', 'state', 'branch', 'repositories', 'container', 'workspace', 'log', 'question'],
  ])
  expect(new URL(asked[0]?.path ?? '', 'http://x').searchParams.getAll('label')).toEqual(['berth.manifest=s'])
})

test('stop and resume-all take the tasks that they can do something to', async () => {
  const tasks = [
    task('t-over', 'plan', { state: 'failed', outcome: {} }),
    task('t-open', 'build'),
    task('t-empty', 'review', { state: 'died', emptied: true }),
  ]
  answers = { 'GET /v1/tasks': { tasks } }
  for (const one of tasks) {
    answers[`GET /v1/tasks/${one.id}`] = one
    answers[`POST /v1/tasks/${one.id}/stop`] = { ...one, state: 'stopped' }
    answers[`POST /v1/tasks/${one.id}/resume`] = { ...one, state: 'queued' }
  }
  expect(await sessionStopAction(context(), { file: 's.toml' })).toBe(0)
  expect(await sessionResumeAction(context(), { file: 's.toml' })).toBe(0)
  expect(out).toBe('t-open stopped\nt-over queued\n')
  expect(asked.filter(({ method }) => method === 'POST').map(({ path }) => path)).toEqual([
    '/v1/tasks/t-open/stop',
    '/v1/tasks/t-over/resume',
  ])
  // No supervisor has kept the values.
  expect(asked.find(({ path }) => path.endsWith('/resume'))?.body).toMatchObject({ env: ['TOKEN=canary'] })
  expect(await sessionStopAction(context(), { file: 's.toml', only: ['plan'], json: true })).toBe(0)
  expect(out).toContain('{"tasks":[]}\n')
  expect(said).toBe('berth: s.toml: nothing to do\n')
})

test('logs name the sessions of several tasks, and data their tasks', async () => {
  const tasks = [task('t-1', 'plan'), task('t-2', 'build')]
  answers = { 'GET /v1/tasks': { tasks } }
  for (const one of tasks) {
    answers[`GET /v1/tasks/${one.id}`] = one
    const said = { v: 1, seq: 1, at: '2026-01-01T00:00:00.000Z', type: 'agent.message', turn: 1, text: 'hello' }
    // An empty line ends a stream.
    answers[`GET /v1/tasks/${one.id}/events`] = `${JSON.stringify(said)}\n\n`
  }
  expect(await sessionLogsAction(context(), { file: 's.toml' })).toBe(0)
  expect(out).toBe('plan | * hello\nbuild | * hello\n')
  out = ''
  expect(await sessionLogsAction(context(), { file: 's.toml', json: true })).toBe(0)
  expect(out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line).taskId]))).toEqual(['t-1', 't-2'])
})

const PLACE = '[defaults]\nrepo = "team/app"\nbranch = "main"\nprompt = "work"\n'
const row = (lines: string) => `${PLACE}[[sessions]]\nid = "a"\n${lines}\n`

test.each<[string, string, string]>([
  ['an unknown key', row('memroy = "1g"'), 's.toml:7: session 1 (a): unknown key "memroy" (did you mean memory?)'],
  [
    'two sessions of one id',
    row('[[sessions]]\nid = "a"'),
    's.toml:8: session 2 (a): id: session 1 has the id "a", too',
  ],
  [
    'a circle',
    row('after = "b"\n[[sessions]]\nid = "b"\nafter = "a"'),
    's.toml:7: session 1 (a): after: these sessions wait for each other: a -> b -> a',
  ],
  ['a missing env file', row('env-file = "none"'), 's.toml:7: session 1 (a): env-file: none: there is no such file'],
  ['a missing script', row('startup-script = "no.sh"'), 'startup-script: no.sh: there is no such file'],
  [
    'a missing prompt',
    row('prompt-file = "no.md"'),
    's.toml:7: session 1 (a): prompt-file: no.md: there is no such file',
  ],
  ['a result nobody has', row('prompt = "{{results.plan.text}}"'), 'results.plan: there is no session "plan"'],
  ['a schema that is no JSON', row('output-schema = "s.toml"'), 'output-schema: s.toml: it is not JSON'],
  ['a bundle that names itself', row('[bundles.x]\ninherits = "x"'), 's.toml:8: inherits: the bundle "x" names itself'],
  [
    'no branch',
    '[[sessions]]\nid = "a"\nrepo = "o/r"\nprompt = "p"\n',
    's.toml:1: session 1 (a): branch: a session needs a branch',
  ],
  ['work elsewhere', row('workdir = "/tmp"'), 'a session works in its workspace: /tmp is not beneath /work'],
])('%s is one clear error, and nobody is asked for anything', async (_, text, words) => {
  writeFileSync(folder.at('s.toml'), text)
  const error = await start().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'manifest-invalid', message: expect.stringContaining(words) })
  expect(String((error as Error).message).split('\n')).toHaveLength(1)
  expect({ asked, out }).toEqual({ asked: [], out: '' })
})
