import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineRequest } from '../fixtures/engine-request.ts'
import { anyEngine, rootfulEngines } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { git } from '../fixtures/remotes/git.ts'
import { type Scene, scene } from '../fixtures/whole/scene.ts'

const INIT = '/opt/berth/bin/tini'
const WORKER =
  '/opt/berth/lib/worker-loader --library-path /opt/berth/lib /opt/berth/libexec/node --disable-sigusr1 /opt/berth/worker/main.cjs'
const AGENT = '/bin/sh -c set -e'

const containerOf = async ({ b }: Scene, id: string) => (await b.status(id)).container?.id ?? 'no container'

describe.concurrent.each(rootfulEngines())('killed in mid turn on $name', (engine) => {
  test('the supervisor: the agent goes on, the next command brings everything back', async () => {
    await using s = await scene(engine)
    const id = await s.startHeld()
    await s.kill(s.supervisorPid())
    s.letGo(id)
    await s.expectDone(id)
  })

  const AGENTS_END = [
    ['the worker', WORKER, 'died', 'killed'],
    ['the init', INIT, 'died', 'killed'],
    ['the agent', AGENT, 'failed', 'agent'],
  ] as const
  test.each(AGENTS_END)(
    '%s: its work is kept and not pushed, and a resume makes it good',
    async (_, start, state, kind) => {
      await using s = await scene(engine)
      const id = await s.startHeld()
      await s.kill(s.insidePid(start))
      await s.b.run(['wait', id])
      const [record] = await s.expectWhole()
      expect(record).toMatchObject({ state, outcome: { class: kind }, pushed: null, commits: [{ subject: 'nothing' }] })
      s.letGo(id)
      expect((await s.b.run(['resume', id])).code).toBe(0)
      expect((await s.b.run(['wait', id])).code).toBe(0)
      await s.expectWhole()
      expect(git(s.remote.bare, ['show', `berth/${id}:made.txt`])).toBe('noop\nnoop')
    },
  )

  test.each([
    ['killed', 'POST', '/kill'],
    ['removed with force', 'DELETE', '?force=true'],
  ])('the container, %s: died, its work kept and not pushed', async (_, method, path) => {
    await using s = await scene(engine)
    const id = await s.startHeld()
    await engineRequest(engine.endpoint, method, `/containers/${await containerOf(s, id)}${path}`)
    expect(await s.b.run(['wait', id])).toMatchObject({ code: 4 })
    const [record] = await s.expectWhole()
    expect(record).toMatchObject({ state: 'died', pushed: null, commits: [{ subject: 'nothing' }] })
  })

  test('the container and the supervisor together: died, with its work kept', async () => {
    await using s = await scene(engine)
    const id = await s.startHeld()
    const container = await containerOf(s, id)
    await s.kill(s.supervisorPid())
    await engineRequest(engine.endpoint, 'DELETE', `/containers/${container}?force=true`)
    expect(await s.b.run(['wait', id])).toMatchObject({ code: 4 })
    const [record] = await s.expectWhole()
    expect(record).toMatchObject({ state: 'died', pushed: null, commits: [{ subject: 'nothing' }] })
  })
})

describe.concurrent.each(anyEngine())('the supervisor killed in mid turn on $name', (engine) => {
  test('nobody looks until the turn is over', async () => {
    await using s = await scene(engine)
    const id = await s.startHeld()
    await s.kill(s.supervisorPid())
    s.letGo(id)
    await s.containerEnded(id)
    await s.expectDone(id)
  })

  test('three times in a turn', async () => {
    await using s = await scene(engine)
    const id = await s.startHeld()
    for (let times = 0; times < 3; times += 1) {
      await s.b.status(id)
      await s.kill(s.supervisorPid())
    }
    s.letGo(id)
    await s.expectDone(id)
  })
})

const kill = (...pids: readonly (number | undefined)[]) => {
  for (const pid of pids) process.kill(pid ?? 0, 'SIGKILL')
}

describe.each(anyEngine())('killed while an agent talks to its model on $name', (engine) => {
  let model: ModelServer
  beforeAll(async () => {
    model = await startModelServer()
  })
  afterAll(() => model.close())

  const KILLS = [
    ['the supervisor', async (s: Scene) => kill(s.supervisorPid())],
    ['the gateway', async (s: Scene) => kill(s.gatewayPid())],
    ['supervisor and gateway together', async (s: Scene) => kill(s.supervisorPid(), s.gatewayPid())],
    [
      'the supervisor, and the gateway when another one has taken over',
      async (s: Scene) => {
        await s.kill(s.supervisorPid())
        expect((await s.b.run(['ls'])).code).toBe(0)
        kill(s.gatewayPid())
      },
    ],
  ] as const
  test.each(KILLS)(
    '%s: the agent waits for its model, and each answer comes and is counted once',
    async (_, killSome) => {
      await using s = await scene(engine)
      model.load({
        key: 'sk-real-key-of-the-test',
        steps: [
          { text: 'one', shell: 'until [ -e .git/go ]; do sleep 0.05; done; echo made > made.txt' },
          { text: 'two' },
        ],
      })
      const repository = ['--repo', s.remote.url, '--branch', 'main']
      const id = await s.submit(['--engine', engine.flag, ...repository, '--base-url', model.url, 'make the file'])
      await s.b.until(id, (event) => event.type === 'agent.tool.start')
      await killSome(s)
      s.letGo(id)
      await s.expectDone(id)
      const events = await s.b.events(id)
      const said = events.flatMap((event) => (event.type === 'agent.message' ? [event.text] : []))
      expect(said).toEqual(['one', 'two'])
      expect(events.filter((event) => event.type === 'agent.tool.end').length).toBe(1)
      expect(git(s.remote.bare, ['show', `berth/${id}:made.txt`])).toBe('made')
      const { usage, gatewayUsage } = await s.b.status(id)
      expect(usage).toMatchObject({ inputTokens: 200, outputTokens: 20 })
      expect(gatewayUsage).toEqual(usage)
      expect(events.filter((event) => event.type === 'gateway.usage').length).toBe(2)
    },
  )
})
