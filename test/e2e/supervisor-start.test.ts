import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fileLock } from '../../src/std/file-lock.ts'
import { runtimeDir } from '../../src/std/runtime-dir.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { otherBuild } from '../fixtures/other-build.ts'
import { processesOf } from '../fixtures/whole/processes-of.ts'

const flag = rootfulEngines()[0]?.flag ?? 'docker'
let b: Berth
beforeEach(() => {
  b = berth()
})
afterEach(() => b.close())

test('a supervisor that is slow to end is waited for, and the next one starts', async () => {
  const lock = fileLock(join(b.home, 'supervisor.lock'))
  const listed = b.begin(['ls', '--json'])
  // The first one that was started has looked at the lock and gone.
  await sleep(1000)
  expect([lock === undefined, listed.seen()]).toEqual([false, ''])
  lock?.[Symbol.dispose]()
  expect(await listed.over).toMatchObject({ code: 0, stdout: '{"tasks":[]}\n' })
})

test('several commands at once behind a killed supervisor start one', async () => {
  const pid = (await b.run(['ls'])).code === 0 ? await b.supervisor() : null
  if (pid === null) throw new Error('no supervisor was started')
  process.kill(pid, 'SIGKILL')
  while (existsSync(`/proc/${pid}/exe`)) await sleep(10)
  const all = await Promise.all([1, 2, 3, 4].map(() => b.run(['ls', '--json'])))
  expect(all.map(({ code, stderr }) => [code, stderr])).toEqual(all.map(() => [0, '']))
  expect(await b.supervisor()).not.toBe(pid)
})

test('a prompt that is too large for the API is one clear error, and the supervisor goes on', async () => {
  const ran = await b.run(['start', '--agent', 'noop', '-'], { input: 'x'.repeat(65 * 1024 * 1024) })
  expect(ran).toMatchObject({ code: 2, stdout: '' })
  expect(ran.stderr).toMatch(/^berth: the request is over 64 MiB, more than the API accepts\n {2}Send less/)
  const pid = await b.supervisor()
  expect((await b.json<{ tasks: [] }>(['ls', '-a'])).tasks).toEqual([])
  expect(await b.supervisor()).toBe(pid)
})

test('a log that has grown large makes way, and one old one is kept', async () => {
  const path = join(b.home, 'supervisor.log')
  const old = `${'x'.repeat(9 * 1024 * 1024)}\n`
  writeFileSync(path, old)
  await b.run(['ls'])
  expect(readFileSync(`${path}.1`, 'utf8') === old).toBe(true)
  expect(readFileSync(path, 'utf8')).toMatch(/^\{"at":.*"msg":"start"/)
})

test('a runtime folder that is removed under a live supervisor: it is found again, and is the same', async () => {
  expect((await b.run(['ls'])).code).toBe(0)
  const pid = await b.supervisor()
  const runtime = runtimeDir({}, process.getuid?.() ?? 0, b.home)
  /** In one step: the supervisor makes its files again while a removal goes through the folder. */
  const removeFolder = () => {
    renameSync(runtime, `${runtime}.gone`)
    rmSync(`${runtime}.gone`, { recursive: true })
  }
  for (const damage of [removeFolder, () => rmSync(join(runtime, 'supervisor.sock')), removeFolder]) {
    damage()
    const all = await Promise.all([1, 2, 3].map(() => b.run(['ls', '--json'])))
    expect(all.map(({ code, stderr }) => [code, stderr])).toEqual(all.map(() => [0, '']))
    expect(await b.supervisor()).toBe(pid)
  }
})

test('a socket that a killed supervisor left is not taken for one that is on its way up', async () => {
  await b.run(['ls'])
  const pid = (await b.supervisor()) ?? 0
  const lock = join(b.home, 'supervisor.lock')
  process.kill(pid, 'SIGKILL')
  let held = fileLock(lock)
  for (; held === undefined; held = fileLock(lock)) await sleep(10)
  const listed = b.begin(['ls', '--json'])
  // Longer than the tries that a file without a listener would have used up.
  await sleep(3000)
  expect(listed.child.exitCode).toBe(null)
  held[Symbol.dispose]()
  expect(await listed.over).toMatchObject({ code: 0, stdout: '{"tasks":[]}\n' })
})

test('two builds that take turns on one state folder, also at the same time: each command is answered', async () => {
  const other = otherBuild()
  const programs = [undefined, other.berth]
  const run = (program: string | undefined, ...args: readonly string[]) =>
    b.run(args, program === undefined ? {} : { program })
  try {
    const started = await run(other.berth, 'start', '--engine', flag, '--agent', 'noop', '--no-repo', 'x')
    expect(started, started.stderr).toMatchObject({ code: 0 })
    const id = started.stdout.trim()
    const served = new Set<number | null>()
    for (const program of [...programs, ...programs]) {
      expect(await run(program, 'status', id, '--json')).toMatchObject({ code: 0, stderr: '' })
      served.add(await b.supervisor())
    }
    // Each has found the other's, and taken over.
    expect(served.size).toBe(4)
    const all = await Promise.all([...programs, ...programs].map((program) => run(program, 'ls', '-a', '-q')))
    expect(all).toEqual(all.map(() => ({ code: 0, stdout: `${id}\n`, stderr: '' })))
    expect(await run(undefined, 'wait', id)).toMatchObject({ code: 0 })
    // The gateway of the other build has no task any more: the next one gets a new gateway.
    const gateway = () => processesOf([b.home]).find(({ role }) => role === 'gateway')?.pid
    const before = gateway()
    expect(before).toBeDefined()
    const next = await run(undefined, 'run', '--engine', flag, '--agent', 'noop', '--no-repo', 'x')
    expect(next, next.stderr).toMatchObject({ code: 0 })
    expect(gateway()).not.toBe(before)
  } finally {
    other.folder[Symbol.dispose]()
  }
})

test('an agent works on while its supervisor is upgraded and downgraded again', async () => {
  const other = otherBuild()
  try {
    const work = ['-c', 'wait=go', '-c', 'lines=3', 'x']
    const started = await b.run(['start', '--engine', flag, '--agent', 'noop', '--no-repo', ...work])
    expect(started, started.stderr).toMatchObject({ code: 0 })
    const id = started.stdout.trim()
    await b.until(id, ({ type }) => type === 'agent.started')
    const container = (await b.status(id)).container?.id
    const served = new Set([await b.supervisor()])
    for (const program of [other.berth, undefined]) {
      const seen = await b.run(['status', id, '--json'], program === undefined ? {} : { program })
      expect(JSON.parse(seen.stdout)).toMatchObject({
        state: 'running',
        container: { id: container, state: 'running' },
      })
      served.add(await b.supervisor())
    }
    expect(served.size).toBe(3)
    writeFileSync(join(b.home, 'tasks', id, 'workspace', 'go'), '')
    expect(await b.run(['wait', id])).toMatchObject({ code: 0 })
    // One attempt, and nothing of what the agent said is lost or there twice.
    const events = await b.events(id)
    expect(events.filter(({ type }) => type === 'turn.started')).toHaveLength(1)
    const said = (await b.run(['log', id, '--raw'])).stdout
      .split('\n')
      .filter((line) => /^(?:line \d|waiting)$/.test(line))
    expect(said).toEqual(['line 1', 'line 2', 'line 3', 'waiting'])
  } finally {
    other.folder[Symbol.dispose]()
  }
})
