import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TaskRecord } from '../../src/domain/task.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'

describe.each(rootfulEngines())('archive on $name', ({ flag }) => {
  let b: Berth
  let model: ModelServer
  let remote: Remote
  beforeAll(async () => {
    b = berth()
    model = await startModelServer()
    remote = await startFileRemote()
  })
  afterAll(async () => {
    await b.close()
    await model.close()
    await remote.close()
  })
  const start = async () => {
    const args = ['start', '--engine', flag, '--repo', remote.url, '--branch', 'main', '--base-url', model.url]
    return (await b.run([...args, 'work'])).stdout.trim()
  }
  const ids = async (...args: readonly string[]) =>
    (await b.json<{ tasks: TaskRecord[] }>(['ls', ...args])).tasks.map((task) => task.id)

  test('the space is freed, work and log stay; unarchived it is listed again, and says why it cannot go on', async () => {
    model.reset()
    model.load({ steps: [{ text: 'a', shell: 'echo one > one.txt' }, { text: 'end of it' }] })
    const id = await start()
    expect((await b.run(['wait', id])).code).toBe(0)
    const folder = join(b.home, 'tasks', id)
    const diff = (await b.run(['diff', id])).stdout
    expect(existsSync(join(folder, 'workspace'))).toBe(true)

    expect(await b.run(['archive', id])).toEqual({ code: 0, stdout: `${id} archived\n`, stderr: '' })
    for (const gone of ['workspace', 'home', 'exchange']) expect(existsSync(join(folder, gone))).toBe(false)
    expect((await b.run(['diff', id])).stdout).toBe(diff)
    expect((await b.run(['log', id])).stdout).toContain('end of it')
    expect(await ids()).toEqual([])
    expect(await ids('--state', 'done')).toEqual([])
    expect(await ids('--archived')).toEqual([id])
    expect(await ids('-a')).toEqual([id])
    expect((await b.run(['ls', '-a'])).stdout).toContain('done (archived)')

    const again = await b.json<{ tasks: TaskRecord[] }>(['archive', id])
    expect(again.tasks[0]).toMatchObject({ id, archived: true, state: 'done' })
    expect((await b.events(id)).filter((event) => event.type === 'task.archived')).toHaveLength(1)
    const sent = await b.run(['send', id, 'more'])
    expect(sent.code).toBe(2)
    expect(sent.stderr).toContain(`${id} is archived: \`berth unarchive ${id}\` comes first`)

    expect((await b.run(['unarchive', id])).stdout).toBe(`${id} unarchived\n`)
    expect(await ids('--archived')).toEqual([])
    expect(await ids('--state', 'done')).toEqual([id])
    expect((await b.run(['send', id, 'more'])).stderr).toContain(`a new task with --branch berth/${id}`)
    expect((await b.run(['push', id, '--to', 'again'])).code).toBe(0)
    expect((await b.run(['rm', id])).code).toBe(0)
  })

  test('a task that runs is refused and left as it is', async () => {
    model.reset()
    model.load({ steps: [], after: { text: 'a', shell: 'sleep 600' } })
    const id = await start()
    await b.until(id, (event) => event.type === 'agent.tool.start')
    const refused = await b.run(['archive', '--json', id])
    expect(refused.code).toBe(2)
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'not-allowed' } })
    expect((await b.status(id)).state).toBe('running')
    await b.run(['stop', '--now', id])
    expect((await b.run(['archive', id])).code).toBe(0)
    expect((await b.run(['resume', id])).stderr).toContain('is archived')
  })
})
