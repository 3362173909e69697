import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LABEL } from '../../src/domain/container-spec.ts'
import type { Event } from '../../src/domain/event.ts'
import type { TaskRecord } from '../../src/domain/task.ts'
import { engineAt } from '../../src/engines/locate/engine-at.ts'
import { newId } from '../../src/std/id.ts'
import { runtimeDir } from '../../src/std/runtime-dir.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { engineRequest } from '../fixtures/engine-request.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { poolFilled, poolOf } from '../fixtures/pool-filled.ts'
import { git } from '../fixtures/remotes/git.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { supervisorRequest } from '../fixtures/supervisor-request.ts'
import { WAIT_MS } from '../fixtures/wait-ms.ts'

const count = (events: readonly Event[], type: Event['type']) => events.filter((event) => event.type === type).length
const spans = (events: readonly Event[]) => events.flatMap((event) => (event.type === 'turn.span' ? [event.name] : []))

describe.each(anyEngine())('sandboxes that are started ahead on $name', ({ flag, name, kind, endpoint }) => {
  let b: Berth
  let remote: Remote
  const engine = engineAt(kind, endpoint)
  beforeEach(async () => {
    b = berth()
    remote = await startFileRemote()
  })
  afterEach(async () => {
    await b.close()
    await remote.close()
  })

  const noop = (...args: readonly string[]) => ['start', '--engine', flag, '--agent', 'noop', ...args, 'nothing']
  const repository = () => ['--repo', remote.url, '--branch', 'main', '--provider-arg', 'commit=made.txt']
  const start = async (...args: readonly string[]) => {
    const ran = await b.run(noop(...(args.includes('--repo') ? [] : ['--no-repo']), ...args))
    expect(ran.stderr).toBe('')
    return ran.stdout.trim()
  }
  const done = async (id: string) =>
    expect(await b.run(['wait', id])).toMatchObject({ code: 0, stdout: `${id} done\n` })
  const filled = (waiting: number) => poolFilled(b.home, waiting)
  /** A task that teaches the pool, and the sandboxes that wait then. */
  const teach = async (size: number, ...args: readonly string[]) => {
    await done(await start('--pool', String(size), ...args))
    return await filled(size)
  }
  const containersOf = (id: string) => engine.list({ [LABEL.task]: id })

  test('the next task has one: its container, its id, its branch; another one is started for the task after it', async () => {
    const [ahead = ''] = await teach(1, ...repository())
    const [container] = await containersOf(ahead)
    // Nothing of a task is in it, and nothing shows it as one.
    for (const folder of ['workspace', 'home', 'exchange/1-1'])
      expect(readdirSync(join(b.home, 'tasks', ahead, folder))).toEqual([])
    expect((await b.run(['ls', '-a'])).stdout).not.toContain(ahead)
    expect((await b.run(['status', ahead])).code).not.toBe(0)
    expect((await b.run(['prune', '--dry-run', '--older-than', '1s', '--json'])).stdout).not.toContain(ahead)
    expect(await b.run(['doctor', '--rebuild'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(': 1 tasks'),
    })
    expect((await b.run(['doctor'])).stdout).toMatch(/pre-started sandboxes: .*; 1 waits\n/)

    const id = await start('--pool', '1', ...repository())
    expect(id).toBe(ahead)
    await done(id)
    const events = await b.events(id)
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1))
    expect(events.find(({ type }) => type === 'container.created')).toMatchObject({ id: container?.id })
    const created = events.find(({ type }) => type === 'task.created')
    expect(Date.parse(container?.startedAt ?? '')).toBeLessThan(Date.parse(created?.at ?? ''))
    expect(spans(events)).toContain('pool')
    for (const span of ['create', 'start']) expect(spans(events)).not.toContain(span)
    expect((await b.run(['status', '--timing', id])).stdout).toMatch(/^pool /m)
    expect(count(events, 'untrusted')).toBe(0)
    expect(git(remote.bare, ['rev-list', '--count', `main..berth/${id}`])).toBe('1')
    await b.until(id, ({ type }) => type === 'container.removed')
    expect(await containersOf(id)).toEqual([])
    const [next = ''] = await filled(1)
    expect(next).not.toBe(id)
  })

  test('two at once have two; one that has died, or does not wait any more, is no task’s', async () => {
    const ahead = await teach(2)
    const ids = await Promise.all([start('--pool', '2'), start('--pool', '2')])
    expect([...ids].sort()).toEqual([...ahead].sort())
    for (const id of ids) await done(id)

    const [dead = '', still = ''] = await filled(2)
    await engine.kill(`berth-${dead}-1-1`, 'SIGKILL')
    for (const end = Date.now() + WAIT_MS; existsSync(join(b.home, 'tasks', dead)) && Date.now() < end; )
      await sleep(20)
    expect(await containersOf(dead)).toEqual([])
    const again = await filled(2)
    expect(again).toContain(still)
    for (const one of again) await engineRequest(endpoint, 'POST', `/containers/berth-${one}-1-1/pause`)
    const id = await start('--pool', '2')
    await done(id)
    expect(again).toContain(id)
    const types = spans(await b.events(id))
    expect(types).toContain('create')
    expect(types).not.toContain('pool')
  })

  test('a supervisor that leaves in order takes them along', async () => {
    const [ahead = ''] = await teach(1)
    const pid = (await b.supervisor()) ?? 0
    process.kill(pid, 'SIGTERM')
    for (const end = Date.now() + WAIT_MS; existsSync(`/proc/${pid}`) && Date.now() < end; ) await sleep(20)
    expect(await containersOf(ahead)).toEqual([])
    expect(existsSync(join(b.home, 'tasks', ahead))).toBe(false)
    expect(readdirSync(b.home).filter((file) => file.startsWith('pool-'))).toEqual([])
    expect(existsSync(join(runtimeDir({}, process.getuid?.() ?? 0, b.home), 'g', ahead))).toBe(false)
  })

  if (name !== 'docker') return

  test('labels, mounts, limits and names of its own pass it by, and so does a task that asks for none', async () => {
    const [ahead = ''] = await teach(1)
    const own = [
      ['--pool', '1', '--label', 'team=a'],
      ['--pool', '1', '--volume', `${b.folder}:/data:ro`],
      ['--pool', '1', '--memory', '1g'],
      ['--pool', '1', '--name', 'mine'],
      ['--pool', '1', '--user', '2000'],
      [],
    ]
    const ids: string[] = []
    for (const args of own.slice(0, -1)) ids.push(await start(...args))
    for (const id of ids) await done(id)
    expect(ids).not.toContain(ahead)
    expect([await filled(1), await poolOf(b.home)]).toEqual([[ahead], { waiting: 1, wanted: 1, spares: 0 }])
    // A task that asks for none, and says so, ends it.
    await done(await start('--pool', '0'))
    expect(await filled(0)).toEqual([])
    expect(await containersOf(ahead)).toEqual([])
  })

  test('the labels and limits of a profile are those of its sandboxes', async () => {
    const profile = '[profiles.small]\npool = 1\nmemory = "512m"\nlabel = ["team=a"]\n'
    writeFileSync(join(b.home, 'config.toml'), profile)
    // The variable would win over the profile.
    delete b.env['BERTH_POOL']
    await done(await start('--profile', 'small'))
    const [ahead = ''] = await filled(1)
    expect((await containersOf(ahead))[0]?.labels).toMatchObject({ team: 'a' })
    expect(await start('--pool', '1')).not.toBe(ahead)
    const id = await start('--profile', 'small')
    expect(id).toBe(ahead)
    await done(id)
    expect((await b.status(id)).effective.find(({ setting }) => setting === 'memory')?.effective).toBe('536870912')
  })

  test('a submit that is sent again is answered with the task that it has made', async () => {
    const [ahead = ''] = await teach(1)
    const key = newId('t')
    const caller = { cwd: b.folder, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, env: b.env }
    const body = { id: key, prompt: 'nothing', settings: { engine: flag, agent: 'noop', pool: 1 }, caller }
    const submit = () => supervisorRequest<TaskRecord>(b.home, 'POST', '/v1/tasks', body)
    const answers = [...(await Promise.all([submit(), submit()])), await submit()]
    expect(answers.map(({ id }) => id)).toEqual([ahead, ahead, ahead])
    await done(ahead)
    expect(await b.status(ahead)).toMatchObject({ key })
    expect((await b.json<{ tasks: object[] }>(['ls', '-a'])).tasks).toHaveLength(2)
  })

  test('a task that has to wait for its place takes none', async () => {
    b.env['BERTH_CONCURRENCY'] = ''
    const [ahead = ''] = await teach(1)
    writeFileSync(join(b.home, 'config.toml'), 'concurrency = 1\n')
    const first = await start('--provider-arg', 'sleep=600', '--label', 'own=1')
    await b.until(first, ({ type }) => type === 'agent.started')
    const second = await start('--pool', '1')
    expect((await b.status(second)).state).toBe('queued')
    expect(second).not.toBe(ahead)
    await b.run(['stop', first])
    await done(second)
  })

  test('a fork, a folder that is mounted and a task on the host pass it by; a folder that is copied does not', async () => {
    const folder = join(b.folder, 'mine')
    git(b.folder, ['clone', '--quiet', remote.url, folder])
    const [ahead = ''] = await teach(1, ...repository())
    const [task = ''] = (await b.json<{ tasks: { id: string }[] }>(['ls', '-a'])).tasks.map(({ id }) => id)
    const fork = (await b.run(['fork', task, 'more'])).stdout.trim()
    await done(fork)
    expect(fork).not.toBe(ahead)
    const mounted = await b.run(noop('--pool', '1', '--repo', folder, '--source', 'mount'))
    await done(mounted.stdout.trim())
    const host = await b.run(['start', '--agent', 'noop', '--pool', '1', '--isolation', 'host', 'nothing'])
    expect(host.stderr).toContain('--pool: a task on the host has no container to start ahead')
    await done(host.stdout.trim())
    expect([await filled(1), await poolOf(b.home)]).toEqual([[ahead], { waiting: 1, wanted: 1, spares: 0 }])

    await done(await start('--pool', '1', '--repo', folder, '--source', 'copy'))
    const [copied = ''] = (await filled(2)).filter((id) => id !== ahead)
    const args = ['--repo', folder, '--source', 'copy', '--provider-arg', 'shell=ls; echo more > more.txt']
    expect(await start('--pool', '1', ...args)).toBe(copied)
    await done(copied)
    expect((await b.run(['diff', copied])).stdout).toContain('+more')
  })

  test('with --keep-alive its container waits for a further prompt', async () => {
    const [ahead = ''] = await teach(1)
    const [container] = await containersOf(ahead)
    const id = await start('--pool', '1', '--keep-alive', '10m')
    expect(id).toBe(ahead)
    await b.until(id, ({ type }) => type === 'container.kept')
    expect((await b.run(['send', id, 'more'])).code).toBe(0)
    await done(id)
    const record = await b.status(id)
    expect([record.turns.map(({ state }) => state), record.container?.id]).toEqual([['done', 'done'], container?.id])
    expect(count(await b.events(id), 'container.created')).toBe(1)
  })

  test('a mirror that was removed meanwhile, and one that was made anew: a fresh sandbox', async () => {
    const ahead = await teach(1, ...repository())
    rmSync(join(b.home, 'mirrors'), { recursive: true })
    const id = await start('--pool', '1', ...repository())
    expect(ahead).not.toContain(id)
    await done(id)
    const [next = ''] = await filled(1)
    expect(ahead).not.toContain(next)
    expect(await start('--pool', '1', ...repository())).toBe(next)
    await done(next)
  })

  test('too many are refused before anything is made', async () => {
    const ran = await b.run(noop('--pool', '21'))
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(ran.stderr).toContain('--pool: 21 is not allowed: at most 20')
    expect((await b.run(noop('--pool=-1'))).stderr).toContain('--pool: -1 is not allowed')
  })
})
