import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { socketProxy } from '../fixtures/socket-proxy.ts'

describe.each(rootfulEngines())('the engine $name goes away', ({ endpoint }) => {
  let b: Berth
  let model: ModelServer
  let remote: Remote
  let engine: Awaited<ReturnType<typeof socketProxy>>
  beforeAll(async () => {
    model = await startModelServer()
  })
  afterAll(() => model.close())
  beforeEach(async () => {
    b = berth()
    remote = await startFileRemote()
    engine = await socketProxy(`${b.folder}/engine.sock`, endpoint.replace('unix://', ''))
    model.load({ steps: [{ text: 'one', shell: 'echo made > made.txt; sleep 2' }, { text: 'two' }] })
  })
  afterEach(async () => {
    engine.hold(false)
    await engine.cut()
    await engine.open()
    await b.close()
    await engine.cut()
    await remote.close()
  })
  const start = async () => {
    const ran = await b.run([
      'start',
      '--engine',
      `unix://${engine.path}`,
      '--repo',
      remote.url,
      '--branch',
      'main',
      '--base-url',
      model.url,
      'make it',
    ])
    expect(ran.stderr).toBe('')
    const id = ran.stdout.trim()
    await b.until(id, (event) => event.type === 'agent.tool.start')
    return id
  }
  const expectDone = async (id: string) => {
    expect((await b.run(['wait', id])).code).toBe(0)
    const events = await b.events(id)
    expect(events.flatMap((event) => (event.type === 'agent.message' ? [event.text] : []))).toEqual(['one', 'two'])
    expect(await b.status(id)).toMatchObject({ state: 'done', unreachable: null, pushed: { branch: `berth/${id}` } })
  }

  test('its socket gone: the task is unreachable, not died, and goes on where it was', async () => {
    const id = await start()
    await engine.cut()
    await b.until(id, (event) => event.type === 'engine.lost')
    expect(await b.status(id)).toMatchObject({ state: 'running', unreachable: expect.stringContaining('engine.sock') })
    await new Promise((resolve) => setTimeout(resolve, 3000))
    await engine.open()
    await expectDone(id)
  })

  test('it accepts and never answers: listings answer meanwhile', async () => {
    const id = await start()
    engine.hold(true)
    await engine.cut()
    await engine.open()
    const from = Date.now()
    const { tasks } = await b.json<{ tasks: { id: string; state: string }[] }>(['ls'])
    expect(tasks).toMatchObject([{ id, state: 'running' }])
    expect(Date.now() - from).toBeLessThan(3000)
    engine.hold(false)
    await engine.cut()
    await engine.open()
    await expectDone(id)
  })
})
