import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import { berth, type Running } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { testBench } from '../fixtures/test-bench.ts'

const BERTH = join(import.meta.dirname, '../../bin/berth')
const lines = (text: string) => text.split('\n').filter((line) => line !== '')
const parsed = (text: string) => lines(text).map((line) => JSON.parse(line) as Event)

describe.each(rootfulEngines().slice(0, 1))('the CLI, on $name', ({ flag }) => {
  const t = testBench('file')

  const task = (...more: string[]) => [
    '--engine',
    flag,
    '--repo',
    t.remote.url,
    '--branch',
    'main',
    '--base-url',
    t.model.url,
    ...more,
    'make the file',
  ]
  const load = (...steps: object[]) => {
    t.model.reset()
    t.model.load({ steps })
  }
  const works = () =>
    load(
      { text: 'I write it.', shell: 'echo made > made.txt; echo to-stderr >&2' },
      { text: 'Written.', usage: { input: 10, output: 5 } },
    )

  describe('one task that is done', () => {
    let id: string
    let said: string
    let told: string
    beforeAll(async () => {
      works()
      const ran = await t.b.run(['run', ...task('--name', 'first')])
      expect(ran.code).toBe(0)
      said = ran.stdout
      told = ran.stderr
      id = (await t.b.json<{ tasks: { id: string }[] }>(['ls', '-a'])).tasks[0]?.id ?? ''
    })

    test('run ends with where the work went and what to type next', () => {
      expect(said.split(id).length - 1).toBeLessThanOrEqual(5)
      expect(said).toContain(`berth/${id}`)
      expect(told).toContain(`berth diff ${id}`)
      expect(told).toContain(`git fetch ${t.remote.url} berth/${id}`)
      expect(said).not.toContain('\u001b')
    })

    test('ids by name and by a beginning', async () => {
      for (const name of ['first', id, id.slice(0, -1), id.slice(2, -1)]) expect((await t.b.status(name)).id).toBe(id)
    })

    test('log: as text, its tail, a time, a turn, the raw output', async () => {
      const log = async (...args: string[]) => (await t.b.run(['log', id, ...args])).stdout
      expect(await log()).toContain('Written.')
      const all = parsed(await log('--json'))
      expect(all.map((event) => event.seq)).toEqual(all.map((_, i) => i + 1))
      expect(parsed(await log('--json', '--tail', '3'))).toEqual(all.slice(-3))
      expect(parsed(await log('--json', '-n', '0'))).toEqual([])
      expect(parsed(await log('--json', '--since', '1h'))).toEqual(all)
      expect(parsed(await log('--json', '--since', '1ms'))).toEqual([])
      expect(parsed(await log('--json', '--turn', '1')).length).toBeGreaterThan(5)
      expect(parsed(await log('--json', '--turn', '2'))).toEqual([])
      const raw = lines(await log('--raw'))
      expect(raw.some((line) => line.startsWith('{"type":"turn.completed"'))).toBe(true)
      expect(await log('--raw', '--turn', '2')).toBe('')
    })

    test('log -f of a task that is over, and its reader going away: exit code 0', async () => {
      expect(await t.b.run(['log', '-f', id])).toMatchObject({ code: 0, stderr: '' })
      const shell = spawn('bash', ['-c', `set -o pipefail; ${BERTH} log ${id} --json | head -1; echo "code $?"`], {
        env: t.b.env,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let out = ''
      let err = ''
      shell.stdout.on('data', (data) => (out += String(data)))
      shell.stderr.on('data', (data) => (err += String(data)))
      await once(shell, 'close')
      expect({ lines: lines(out).length, err }).toEqual({ lines: 2, err: '' })
      expect(out).toMatch(/code 0\n$/)
    })

    test('status, ls and version as text and as JSON; colours only where they are asked for', async () => {
      const status = await t.b.run(['status', id])
      expect(status).toMatchObject({ code: 0, stderr: '' })
      for (const part of [id, 'first', 'done', 'codex', t.remote.url, `berth/${id}`])
        expect(status.stdout).toContain(part)
      expect(status.stdout).not.toContain('\u001b')
      const coloured = (env: Record<string, string>) => t.b.run(['status', id], { env })
      expect((await coloured({ FORCE_COLOR: '1' })).stdout).toContain('\u001b[')
      expect((await coloured({ NO_COLOR: '1' })).stdout).not.toContain('\u001b')
      expect(lines((await t.b.run(['ls'])).stdout)).toHaveLength(1)
      expect((await t.b.run(['ls', '-a'])).stdout).toMatch(new RegExp(`${id} +first +.* done +\\+\\d+ -\\d+ +pushed`))
      expect((await t.b.run(['ls', '-aq'])).stdout).toBe(`${id}\n`)
      expect((await t.b.run(['ls', '-a', '--state', 'failed', '-q'])).stdout).toBe('')
      expect(await t.b.json<object>(['version'])).toMatchObject({ berth: expect.any(String) })
      expect(await t.b.json<object>(['config', 'show', '--origin'])).toMatchObject({
        engine: { value: null, origin: 'default' },
      })
      expect(await t.b.json<object>(['doctor'])).toMatchObject({
        supervisor: { pid: expect.any(Number) },
        checks: expect.any(Array),
      })
      expect(await t.b.json<object>(['wait', id])).toMatchObject({ tasks: [{ id, state: 'done' }] })
      expect((await t.b.run(['diff', id])).stdout).toContain('+made')
    })

    test('status --timing: where the time went, and spans that are within the turn', async () => {
      const { stdout } = await t.b.run(['status', '--timing', id])
      expect(stdout).toMatch(/, turn 1: \d+ ms\n/)
      const parts = [
        'plan',
        'queue',
        'create',
        'start',
        'check',
        'order',
        'worktree',
        'agent',
        'first answer',
        'publish',
      ]
      for (const part of parts) expect(stdout).toMatch(new RegExp(`^${part} +\\d+ +\\d+ +=+$`, 'm'))
      const spans = lines((await t.b.run(['status', '--timing', '--json', id])).stdout).map(
        (line) => JSON.parse(line) as { name: string; startTimeUnixNano: string },
      )
      expect(spans[0]?.name).toBe('turn')
      for (const span of spans)
        expect(BigInt(span.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(spans[0]?.startTimeUnixNano ?? 0))
    })
  })

  test('start prints the id alone, run --json events alone', async () => {
    works()
    const started = await t.b.run(['start', ...task()])
    expect(started).toMatchObject({ code: 0, stderr: '' })
    expect(started.stdout).toMatch(/^t-[a-z0-9]+\n$/)
    await t.b.run(['wait', started.stdout.trim()])
    works()
    const ran = await t.b.run(['run', '--json', ...task()])
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(parsed(ran.stdout).at(-1)?.type).toBe('turn.ended')
  })

  test('wait --any returns with the first', async () => {
    load({ hang: 'head', contains: 'make the file' })
    const slow = (await t.b.run(['start', ...task()])).stdout.trim()
    const quick = (await t.b.run(['start', '--engine', flag, '--agent', 'noop', 'x'])).stdout.trim()
    expect(await t.b.run(['wait', '--any', slow, quick])).toMatchObject({ code: 0, stdout: `${quick} done\n` })
    expect(await t.b.run(['wait', '--timeout', '50ms', slow])).toMatchObject({ code: 8, stdout: '' })
    // Longer than a timer can be.
    const patient = t.b.begin(['wait', '--timeout', '60d', slow])
    expect(await t.b.run(['stop', slow])).toMatchObject({ code: 0, stdout: `${slow} stopped\n` })
    expect(await patient.over).toMatchObject({ code: 3, stdout: `${slow} stopped\n` })
    expect((await t.b.run(['wait', slow, quick])).code).toBe(3)
  })

  /** A `run` that has come so far that its agent waits for the model. */
  const hanging = async (): Promise<{ running: Running; id: string; stderr: () => string }> => {
    load({ hang: 'head' })
    let stderr = ''
    const running = t.b.begin(['run', '--json', ...task()])
    running.child.stderr?.on('data', (data) => (stderr += String(data)))
    while (!running.seen().includes('"agent.started"') || !running.seen().includes('\n'))
      await once(running.child.stdout ?? running.child, 'data')
    const first = parsed(running.seen().slice(0, running.seen().indexOf('\n')))[0]
    return { running, id: first?.type === 'task.created' ? first.task.id : '', stderr: () => stderr }
  }

  test('Ctrl-C stops the task: exit code 3, its end is shown', async () => {
    const { running, id } = await hanging()
    running.child.kill('SIGINT')
    const ran = await running.over
    expect(ran).toMatchObject({ code: 3, stderr: expect.stringContaining('stopping the task') })
    expect(parsed(ran.stdout).at(-1)).toMatchObject({ type: 'turn.ended', outcome: { result: 'stopped' } })
    expect(await t.b.status(id)).toMatchObject({ state: 'stopped' })
  })

  test('a second Ctrl-C leaves at once, the stop goes on', async () => {
    const { running, id, stderr } = await hanging()
    running.child.kill('SIGINT')
    while (!stderr().includes('again to detach')) await once(running.child.stderr ?? running.child, 'data')
    running.child.kill('SIGINT')
    const ran = await running.over
    expect(ran).toMatchObject({ code: 3, stderr: expect.stringContaining(`berth log -f ${id}`) })
    expect(ran.stdout).not.toContain('turn.ended')
    expect((await t.b.run(['wait', id])).code).toBe(3)
  })

  test('the terminal is closed under run and the supervisor it has started: the task goes on, log -f follows it later', async () => {
    const own = berth()
    try {
      load({ hang: 'head', contains: 'make the file' })
      const child = spawn(BERTH, ['run', '--json', ...task()], {
        env: own.env,
        cwd: own.folder,
        detached: true,
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      let out = ''
      child.stdout.on('data', (data) => (out += String(data)))
      while (!out.includes('"agent.started"')) await once(child.stdout, 'data')
      const before = await own.supervisor()
      process.kill(-(child.pid ?? 0), 'SIGHUP')
      await once(child, 'close')
      const id = parsed(out.slice(0, out.indexOf('\n')))[0]
      const task1 = id?.type === 'task.created' ? id.task.id : ''
      expect(await own.status(task1)).toMatchObject({ state: 'running' })
      const following = own.begin(['log', '-f', task1])
      await once(following.child.stdout ?? following.child, 'data')
      await t.model.release()
      const followed = await following.over
      expect(followed.code).toBe(0)
      expect(followed.stdout).toMatch(/done after/)
      expect(await own.supervisor()).toBe(before)
    } finally {
      await own.close()
    }
  })

  test('serve: the supervisor in the foreground, used by other commands, ended by Ctrl-C', async () => {
    const own = berth()
    try {
      const serving = own.begin(['serve'])
      await once(serving.child.stderr ?? serving.child, 'data')
      const pid = await own.supervisor()
      expect((await own.run(['run', '--engine', flag, '--agent', 'noop', 'x'])).code).toBe(0)
      expect(await own.supervisor()).toBe(pid)
      const second = await own.run(['serve'])
      expect(second).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`pid ${pid}`) })
      serving.child.kill('SIGINT')
      expect((await serving.over).code).toBe(0)
      expect(await own.supervisor()).toBe(null)
    } finally {
      await own.close()
    }
  })
})
