import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LABEL } from '../../src/domain/container-spec.ts'
import { SPARES } from '../../src/domain/spare-limits.ts'
import type { TaskRecord } from '../../src/domain/task.ts'
import { engineAt } from '../../src/engines/locate/engine-at.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { poolEmpty, poolFilled, poolOf } from '../fixtures/pool-filled.ts'
import { quickSupervisor } from '../fixtures/quick-supervisor.ts'
import { git } from '../fixtures/remotes/git.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { supervisorRequest } from '../fixtures/supervisor-request.ts'
import { waitFor } from '../fixtures/wait-for.ts'
import { leftOnEngine } from '../fixtures/whole/left-on-engine.ts'
import { processesOf } from '../fixtures/whole/processes-of.ts'

/** Berth keeps no spare on a machine with less memory. */
const hasMemory = process.availableMemory() > 1.25 * SPARES.memoryBytes

describe.skipIf(!hasMemory).each(anyEngine())('spares on $name', ({ flag, name, kind, endpoint }) => {
  let b: Berth
  let remote: Remote
  const engine = engineAt(kind, endpoint)
  beforeEach(async () => {
    b = berth()
    // As it is for users.
    delete b.env['BERTH_POOL']
    remote = await startFileRemote()
  })
  afterEach(async () => {
    await b.close()
    await remote.close()
  })

  const repository = () => ['--repo', remote.url, '--branch', 'main', '--provider-arg', 'commit=made.txt']
  const start = async (...args: readonly string[]) => {
    const place = args.includes('--repo') ? [] : ['--no-repo']
    const ran = await b.run(['start', '--engine', flag, '--agent', 'noop', ...place, ...args, 'nothing'])
    expect(ran.stderr).toBe('')
    return ran.stdout.trim()
  }
  const done = async (id: string) => {
    expect(await b.run(['wait', id])).toMatchObject({ code: 0, stdout: `${id} done\n` })
    return id
  }
  const run = async (...args: readonly string[]) => await done(await start(...args))
  /** Two tasks of a kind, and the spare that waits then. */
  const teach = async (...args: readonly string[]) => {
    const before = (await poolOf(b.home).catch(() => ({ waiting: 0 }))).waiting
    for (const _ of [1, 2]) await run(...args)
    return await poolFilled(b.home, before + 1)
  }
  const reasonOf = async (id: string) => {
    const told = (await b.events(id)).findLast(({ type }) => type === 'sandbox.fresh' || type === 'sandbox.taken')
    return told?.type === 'sandbox.fresh' ? told.reason : told?.type
  }
  const lineOf = async (id: string) => (await b.run(['status', '--timing', id])).stdout.trimEnd().split('\n').at(-1)

  test.runIf(name === 'docker')('a worker that waits sleeps until its order is there', async () => {
    const [spare = ''] = await teach()
    // Without tini, which looks around each second.
    const workers = processesOf([spare]).filter(
      ({ argv }) => argv.includes('/berth/exchange') && !argv.includes('/tini '),
    )
    expect(workers).toHaveLength(1)
    const woken = () =>
      workers.map(
        ({ pid }) => /^voluntary_ctxt_switches:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
      )
    // At first it makes itself ready, and learns that its folder tells of the order.
    const asleep = async () => {
      const before = woken()
      await sleep(3000)
      return before.join() === woken().join()
    }
    let sleeps = false
    for (let tries = 0; !sleeps && tries < 8; tries += 1) sleeps = await asleep()
    expect(sleeps).toBe(true)
    expect(await run()).toBe(spare)
  })

  test('the third task of a kind takes the spare, and each further one the next', async () => {
    const first = await run(...repository())
    expect(await lineOf(first)).toBe('sandbox  fresh: it is the first of its kind in ten minutes')
    expect((await poolOf(b.home)).wanted).toBe(0)
    expect(await reasonOf(await run(...repository()))).toBe('second-of-its-kind')
    const [spare = ''] = await poolFilled(b.home, 1)
    expect(await poolOf(b.home)).toEqual({ waiting: 1, wanted: 1, spares: 1 })
    const [container] = await engine.list({ [LABEL.task]: spare })

    expect(await run(...repository())).toBe(spare)
    const created = (await b.events(spare)).find(({ type }) => type === 'container.created')
    expect(created).toMatchObject({ id: container?.id })
    expect(await lineOf(spare)).toMatch(/^sandbox {2}pre-started; it had waited for \d+/)
    const [span = ''] = (await b.run(['status', '--timing', '--json', spare])).stdout.split('\n')
    expect(JSON.parse(span)).toMatchObject({
      attributes: { 'berth.sandbox': 'pre-started', 'berth.sandbox.waited_ms': expect.any(Number) },
    })
    expect(git(remote.bare, ['rev-list', '--count', `main..berth/${spare}`])).toBe('1')
    const [next = ''] = await poolFilled(b.home, 1)
    expect(next).not.toBe(spare)
    expect(await run(...repository())).toBe(next)
  })

  test('a supervisor does not stay for its spares, and takes them along', async () => {
    const { child, runtime } = await quickSupervisor(b, 4000)
    const [spare = ''] = await teach()
    expect(await b.supervisor()).toBe(child.pid)
    // The journal is read on the disk: nobody asks the supervisor for anything in the meantime.
    await waitFor(() => processesOf([b.home]).length === 0, 'the end of supervisor and gateway')
    expect(await leftOnEngine(endpoint, [spare])).toEqual([])
    expect([existsSync(join(b.home, 'tasks', spare)), existsSync(runtime)]).toEqual([false, false])
    expect(readdirSync(b.home).filter((file) => file.startsWith('pool-'))).toEqual([])
  })

  if (name !== 'docker') return

  test('two over all kinds: those that tasks used last', async () => {
    const [first = ''] = await teach()
    await teach('--read-only')
    for (const _ of [1, 2]) await run(...repository())
    await waitFor(() => !existsSync(join(b.home, 'tasks', first)), 'the end of the first spare')
    await poolFilled(b.home, 2)
    expect(await poolOf(b.home)).toEqual({ waiting: 2, wanted: 2, spares: 2 })
    expect(await reasonOf(await run())).toBe('others-came-later')
  })

  test('with pool = 0 there is none, what waits goes, and no reason is told', async () => {
    await teach()
    const id = await run('--pool', '0')
    await poolEmpty(b.home)
    expect([await reasonOf(id), await lineOf(id)]).toEqual([undefined, expect.not.stringMatching(/^sandbox/)])
    writeFileSync(join(b.home, 'config.toml'), 'pool = 0\n')
    for (const _ of [1, 2]) await run()
    expect(await poolOf(b.home)).toEqual({ waiting: 0, wanted: 0, spares: 0 })
  })

  test('a pool that was asked for serves tasks that do not ask for one', async () => {
    await run('--pool', '1')
    const [ahead = ''] = await poolFilled(b.home, 1)
    expect(await run()).toBe(ahead)
    await poolFilled(b.home, 1)
    expect(await poolOf(b.home)).toEqual({ waiting: 1, wanted: 1, spares: 0 })
  })

  test('a spare that was killed is nobody’s: the next task begins in a fresh sandbox, the one after it in a spare', async () => {
    const [spare = ''] = await teach()
    await engine.kill(`berth-${spare}-1-1`, 'SIGKILL')
    await poolEmpty(b.home)
    const id = await run()
    expect([id === spare, await reasonOf(id)]).toEqual([false, 'sandbox-ended'])
    const [next = ''] = await poolFilled(b.home, 1)
    expect(await run()).toBe(next)
  })

  test('a mirror that was made anew', async () => {
    const [spare = ''] = await teach(...repository())
    rmSync(join(b.home, 'mirrors'), { recursive: true })
    const id = await run(...repository())
    expect([id === spare, await reasonOf(id)]).toEqual([false, 'mirror-made-anew'])
  })

  test('what does not fit begins in a fresh sandbox, and says why', async () => {
    const [spare = ''] = await teach(...repository())
    const [task = ''] = (await b.json<{ tasks: { id: string }[] }>(['ls', '-a'])).tasks.map(({ id }) => id)
    const port = `${20_000 + (process.pid % 10_000)}:8080`
    const reasons = {
      label: await reasonOf(await run(...repository(), '--label', 'team=a')),
      limit: await reasonOf(await run(...repository(), '--memory', '1g')),
      port: await reasonOf(await run(...repository(), '--policy', 'open', '--publish', port)),
      fork: await reasonOf(await done((await b.run(['fork', task, 'more'])).stdout.trim())),
      folder: await reasonOf(await run(...repository(), '--workspace', join(b.folder, 'own'))),
    }
    expect(reasons).toEqual({
      label: 'own-labels-or-limits',
      limit: 'own-labels-or-limits',
      port: 'published-port',
      fork: 'fork',
      folder: 'named-workspace',
    })
    const folder = join(b.folder, 'mine')
    git(b.folder, ['clone', '--quiet', remote.url, folder])
    /** These two have warnings. */
    const warned = async (...args: readonly string[]) => {
      const id = (await b.run(['start', '--agent', 'noop', ...args, 'nothing'])).stdout.trim()
      return await reasonOf(await done(id))
    }
    expect(await warned('--engine', flag, '--repo', folder, '--source', 'mount')).toBe('mounts-folder')
    expect(await warned('--isolation', 'host')).toBeUndefined()
    expect(await poolFilled(b.home, 1)).toEqual([spare])
  })

  test('a task that waits in the queue, or for another task, takes none', async () => {
    b.env['BERTH_CONCURRENCY'] = '1'
    const [spare = ''] = await teach()
    const held = await start('--label', 'own=1', '--provider-arg', 'sleep=600')
    await b.until(held, ({ type }) => type === 'agent.started')
    const queued = await start()
    const caller = { cwd: b.folder, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, env: b.env }
    const settings = { engine: flag, agent: 'noop' }
    const after = [{ name: 'held', task: held }]
    const body = { prompt: 'nothing', settings, caller, after, afterFailed: 'run' }
    const waits = await supervisorRequest<TaskRecord>(b.home, 'POST', '/v1/tasks', body)
    expect([queued, waits.id]).not.toContain(spare)
    await b.run(['stop', held])
    for (const id of [queued, waits.id]) await done(id)
    expect([await reasonOf(queued), await reasonOf(waits.id)]).toEqual(['waits-in-queue', 'waits-for-tasks'])
  })
})
