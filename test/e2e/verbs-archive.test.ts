import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TaskRecord } from '../../src/domain/task.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { testBench } from '../fixtures/test-bench.ts'

describe.each(anyEngine())('archive on $name', ({ flag }) => {
  const t = testBench('file')
  const start = async () => {
    const args = ['start', '--engine', flag, '--repo', t.remote.url, '--branch', 'main', '--base-url', t.model.url]
    return (await t.b.run([...args, 'work'])).stdout.trim()
  }
  const ids = async (...args: readonly string[]) =>
    (await t.b.json<{ tasks: TaskRecord[] }>(['ls', ...args])).tasks.map((task) => task.id)

  test('the space is freed, work and log stay; unarchived it is listed again, and says why it cannot go on', async () => {
    t.model.reset()
    t.model.load({ steps: [{ text: 'a', shell: 'echo one > one.txt' }, { text: 'end of it' }] })
    const id = await start()
    expect((await t.b.run(['wait', id])).code).toBe(0)
    const folder = join(t.b.home, 'tasks', id)
    const diff = (await t.b.run(['diff', id])).stdout
    expect(existsSync(join(folder, 'workspace'))).toBe(true)

    expect(await t.b.run(['archive', id])).toEqual({ code: 0, stdout: `${id} archived\n`, stderr: '' })
    for (const gone of ['workspace', 'home', 'exchange']) expect(existsSync(join(folder, gone))).toBe(false)
    expect((await t.b.run(['diff', id])).stdout).toBe(diff)
    expect((await t.b.run(['log', id])).stdout).toContain('end of it')
    expect(await ids()).toEqual([])
    expect(await ids('--state', 'done')).toEqual([])
    expect(await ids('--archived')).toEqual([id])
    expect(await ids('-a')).toEqual([id])
    expect((await t.b.run(['ls', '-a'])).stdout).toContain('done (archived)')

    const again = await t.b.json<{ tasks: TaskRecord[] }>(['archive', id])
    expect(again.tasks[0]).toMatchObject({ id, archived: true, state: 'done' })
    expect((await t.b.events(id)).filter((event) => event.type === 'task.archived')).toHaveLength(1)
    const sent = await t.b.run(['send', id, 'more'])
    expect(sent.code).toBe(2)
    expect(sent.stderr).toContain(`${id} is archived: run \`berth unarchive ${id}\` first`)

    expect((await t.b.run(['unarchive', id])).stdout).toBe(`${id} unarchived\n`)
    expect(await ids('--archived')).toEqual([])
    expect(await ids('--state', 'done')).toEqual([id])
    expect((await t.b.run(['send', id, 'more'])).stderr).toContain(`a new task with --branch berth/${id}`)
    expect((await t.b.run(['push', id, '--to', 'again'])).code).toBe(0)
    expect((await t.b.run(['rm', id])).code).toBe(0)
  })

  test('a task that runs is refused and left as it is', async () => {
    t.model.reset()
    t.model.load({ steps: [], after: { text: 'a', shell: 'sleep 600' } })
    const id = await start()
    await t.b.until(id, (event) => event.type === 'agent.tool.start')
    const refused = await t.b.run(['archive', '--json', id])
    expect(refused.code).toBe(2)
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'not-allowed' } })
    expect((await t.b.status(id)).state).toBe('running')
    await t.b.run(['stop', '--now', id])
    expect((await t.b.run(['archive', id])).code).toBe(0)
    expect((await t.b.run(['resume', id])).stderr).toContain('is archived')
  })
})
