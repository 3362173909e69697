import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { git } from '../fixtures/remotes/git.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'

/** The gateway of a state folder: its stderr is a file in there. */
const gatewayOf = (home: string): number => {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readlinkSync(join('/proc', pid, 'fd', '2')).startsWith(join(home, 'gateway'))) return Number(pid)
    } catch {}
  }
  throw new Error(`${home}: no gateway`)
}

describe.each(rootfulEngines())('killed on $name', ({ flag }) => {
  let b: Berth
  let model: ModelServer
  let remote: Remote
  beforeAll(async () => {
    model = await startModelServer()
  })
  afterAll(() => model.close())
  beforeEach(async () => {
    b = berth()
    remote = await startFileRemote()
    model.load({
      key: 'sk-real-key-of-the-test',
      steps: [{ text: 'one', shell: 'echo begun; sleep 3; echo made > made.txt' }, { text: 'two' }],
    })
  })
  afterEach(async () => {
    await b.close()
    await remote.close()
  })

  const start = async () => {
    const ran = await b.run([
      'start',
      '--engine',
      flag,
      '--repo',
      remote.url,
      '--branch',
      'main',
      '--base-url',
      model.url,
      'make the file',
    ])
    expect(ran.stderr).toBe('')
    return ran.stdout.trim()
  }
  const supervisorPid = async () => (await b.supervisor()) ?? 0
  const gatewayPid = () => gatewayOf(b.home)

  /** Done, pushed once, every event once and in order, nothing left. */
  const expectWhole = async (id: string) => {
    expect(await b.run(['wait', id])).toMatchObject({ code: 0 })
    const events = await b.events(id)
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1))
    const messages = events.flatMap((event) => (event.type === 'agent.message' ? [event.text] : []))
    expect(messages).toEqual(['one', 'two'])
    expect(events.filter((event) => event.type === 'agent.tool.end').length).toBe(1)
    expect(events.filter((event) => event.type === 'work.pushed').length).toBe(1)
    expect(events.filter((event) => event.type === 'container.created').length).toBe(1)
    expect(git(remote.bare, ['show', `berth/${id}:made.txt`])).toBe('made')
    expect(git(remote.bare, ['rev-list', '--count', `main..berth/${id}`])).toBe('1')
  }

  test('the supervisor, in the middle of the turn: the agent goes on, the next command brings everything back', async () => {
    const id = await start()
    await b.until(id, (event) => event.type === 'agent.tool.start')
    process.kill(await supervisorPid(), 'SIGKILL')
    await expectWhole(id)
  })

  test('the supervisor, and nobody looks until the turn is over', async () => {
    const id = await start()
    await b.until(id, (event) => event.type === 'agent.tool.start')
    process.kill(await supervisorPid(), 'SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 6000))
    await expectWhole(id)
  })

  test('the supervisor, before the container has started', async () => {
    const id = await start()
    process.kill(await supervisorPid(), 'SIGKILL')
    await expectWhole(id)
  })

  test('the gateway, in the middle of the turn', async () => {
    const id = await start()
    await b.until(id, (event) => event.type === 'agent.tool.start')
    process.kill(gatewayPid(), 'SIGKILL')
    await expectWhole(id)
  })

  test('supervisor and gateway together', async () => {
    const id = await start()
    await b.until(id, (event) => event.type === 'agent.tool.start')
    const pid = await supervisorPid()
    process.kill(pid, 'SIGKILL')
    process.kill(gatewayPid(), 'SIGKILL')
    await expectWhole(id)
  })
})
