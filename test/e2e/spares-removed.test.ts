import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PruneAnswer } from '../../src/api/answers.ts'
import { SPARES } from '../../src/domain/spare-limits.ts'
import type { TaskRecord } from '../../src/domain/task.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { aheadIn, poolFilled } from '../fixtures/pool-filled.ts'
import { supervisorRequest } from '../fixtures/supervisor-request.ts'
import { leftOnEngine } from '../fixtures/whole/left-on-engine.ts'

const hasMemory = process.availableMemory() > 1.25 * SPARES.memoryBytes
const WAITS = /pre-started sandboxes: on: .*, at most 2; 1 waits\n/
const MANIFEST = `[defaults]
repo = "team/app"
branch = "main"
prompt = "work"
[[sessions]]
id = "plan"
[[sessions]]
id = "build"
`

describe.skipIf(!hasMemory).each(anyEngine())('what removes spares, on $name', ({ flag, name, endpoint }) => {
  let b: Berth
  beforeEach(() => {
    b = berth()
    // As it is for users.
    delete b.env['BERTH_POOL']
  })
  afterEach(() => b.close())

  const run = async (...args: readonly string[]) => {
    const ran = await b.run(['run', '--engine', flag, '--agent', 'noop', '--no-repo', '--quiet', ...args, 'nothing'])
    expect(ran.code, ran.stderr).toBe(0)
  }
  /** Two tasks of a kind, and the sandbox that waits for the third. */
  const spare = async () => {
    for (const _ of [1, 2]) await run()
    const [id = ''] = await poolFilled(b.home, 1)
    return id
  }
  const isGone = async (id: string) => {
    expect(await leftOnEngine(endpoint, [id])).toEqual([])
    expect([existsSync(join(b.home, 'tasks', id)), aheadIn(b.home)]).toEqual([false, []])
  }

  test('prune removes what waits, says how many, and leaves it by a label and in a dry run', async () => {
    const id = await spare()
    expect((await b.run(['doctor'])).stdout).toMatch(WAITS)
    const told = async (...args: readonly string[]) => (await b.json<PruneAnswer>(['prune', ...args])).sandboxes
    expect(await told('--label', 'of=nobody')).toBe(0)
    expect(await told('--dry-run')).toBe(1)
    expect((await b.run(['prune', '--dry-run'])).stdout).toContain('would remove 1 pre-started sandbox\n')
    expect(await poolFilled(b.home, 1)).toEqual([id])
    expect((await b.run(['prune'])).stdout).toContain('removed 1 pre-started sandbox\n')
    await isGone(id)
    expect((await b.run(['prune'])).stdout).not.toContain('sandbox')
    // The kind is forgotten, too: the next task is the first again.
    await run()
    expect(aheadIn(b.home)).toEqual([])
  })

  if (name !== 'docker') return

  test('stop --all removes what waits after it has stopped the tasks; stop ID does not', async () => {
    const id = await spare()
    const started = await b.run([
      ...['start', '--engine', flag, '--agent', 'noop', '--no-repo', '--label', 'a=b'],
      ...['--provider-arg', 'shell=sleep 600', 'wait'],
    ])
    const task = started.stdout.trim()
    expect(await b.run(['stop', '--all'])).toMatchObject({
      ...{ code: 0, stdout: `${task} stopped\n`, stderr: 'berth: removed 1 pre-started sandbox\n' },
    })
    await isGone(id)
    expect(await b.json(['stop', '--all'])).toEqual({ tasks: [], sandboxes: 0 })
    const next = await spare()
    expect(await b.json(['stop', task])).toMatchObject({ tasks: [{ id: task }] })
    expect(await poolFilled(b.home, 1)).toEqual([next])
  })

  test('session stop removes what waits, but with --only', async () => {
    const id = await spare()
    const file = join(b.home, 'sessions.toml')
    writeFileSync(file, MANIFEST)
    expect(await b.json(['session', 'stop', '-f', file, '--only', 'plan'])).toEqual({ tasks: [] })
    expect(await poolFilled(b.home, 1)).toEqual([id])
    expect(await b.json(['session', 'stop', '-f', file])).toEqual({ tasks: [], sandboxes: 1 })
    await isGone(id)
  })

  test('image rm removes what waits first, because it may hold the image', async () => {
    const id = await spare()
    const missing = await b.run(['image', 'rm', 'localhost/of-nobody:1'])
    expect(missing).toMatchObject({ stdout: '', stderr: expect.stringContaining('localhost/of-nobody:1') })
    await isGone(id)
  })

  test('a program removes them by the API, also those that somebody asked for', async () => {
    const id = await spare()
    await run('--pool', '2', '--read-only')
    const ids = await poolFilled(b.home, 3)
    expect(ids).toContain(id)
    const remove = () => supervisorRequest(b.home, 'DELETE', '/v1/spares')
    expect(await remove()).toEqual({ removed: 3 })
    for (const one of ids) await isGone(one)
    expect(await remove()).toEqual({ removed: 0 })
  })

  test('a task in a sandbox that waited is the last task, though its id is older', async () => {
    const id = await spare()
    await run('--label', 'a=b')
    await run()
    const { tasks } = await b.json<{ tasks: TaskRecord[] }>(['ls', '-a'])
    expect(tasks[0]?.id).toBe(id)
    expect(id < (tasks[1]?.id ?? '')).toBe(true)
    expect((await b.run(['status'])).stderr).toContain(`${id}, the last task`)
  })
})
