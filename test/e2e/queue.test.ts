import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LABEL } from '../../src/domain/container-spec.ts'
import type { Event } from '../../src/domain/event.ts'
import { engineAt } from '../../src/engines/locate/engine-at.ts'
import { BERTH } from '../fixtures/berth.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { KEY, type Workshop, workshop } from '../fixtures/workshop.ts'

const LATER = { status: 429, headers: { 'retry-after': '7200' }, error: { message: 'slow down' } } as const

describe.each(anyEngine())('the queue on $name', ({ flag, kind, endpoint, name }) => {
  let w: Workshop
  beforeEach(async () => {
    w = await workshop(flag, { env: { BERTH_CONCURRENCY: '' } })
  })
  afterEach(() => w.close())

  const start = async (args: readonly string[], prompt = 'do the work', env: Record<string, string> = {}) => {
    const none = args.includes('--repo') ? [] : ['--no-repo']
    const ran = await w.b.run(['start', '--engine', flag, ...none, ...args, prompt], { env })
    expect(ran.stderr).toBe('')
    return ran.stdout.trim()
  }
  const noop = (seconds: number, ...args: readonly string[]) =>
    start(['--agent', 'noop', '--provider-arg', `sleep=${seconds}`, ...args])
  const codex = (...args: readonly string[]) => start(['--base-url', w.model.url, ...args])
  const configure = (toml: string) => writeFileSync(join(w.b.home, 'config.toml'), toml)
  const states = async (ids: readonly string[]) => Promise.all(ids.map(async (id) => (await w.b.status(id)).state))
  const at = async (id: string, type: Event['type']) =>
    Date.parse((await w.b.events(id)).find((event) => event.type === type)?.at ?? '')
  const containers = (id: string) => engineAt(kind, endpoint).list({ [LABEL.task]: id })

  test('a rate limit with a time parks the task: no container, no place; resume goes on in the same session', async () => {
    configure('concurrency = 1\n')
    w.model.load({ key: KEY, steps: [{ text: 'a', shell: 'echo one > one.txt' }, LATER], after: { text: 'went on' } })
    const id = await codex()
    await w.b.until(id, (event) => event.type === 'turn.waiting')
    await w.b.until(id, (event) => event.type === 'container.removed')
    const record = await w.b.status(id)
    expect(record).toMatchObject({ state: 'waiting', outcome: null, turns: [{ state: 'waiting', attempt: 1 }] })
    expect(Date.parse(record.waiting?.until ?? '') - Date.now()).toBeGreaterThan(7_000_000)
    expect(await containers(id)).toEqual([])
    // Another task has the only place meanwhile.
    expect((await w.b.run(['wait', await noop(0)])).code).toBe(0)
    expect((await w.b.run(['resume', id])).stdout).toBe(`${id} queued\n`)
    expect((await w.b.run(['wait', id])).code).toBe(0)
    const after = await w.b.status(id)
    expect(after).toMatchObject({ state: 'done', session: record.session, turns: [{ attempt: 2 }], waiting: null })
    const again = (await w.b.events(id)).find((event) => event.type === 'turn.again')
    expect(again).toMatchObject({ prompt: expect.stringContaining('Continue') })
  })

  if (name !== 'docker') return

  test('one at a time: by priority, then in order; one that is taken back never begins', async () => {
    configure('concurrency = 1\n')
    const first = await noop(600)
    const ids = [await noop(0), await noop(0), await noop(0, '--priority', '5'), await noop(0)]
    const [one = '', two = '', urgent = '', last = ''] = ids
    expect(await states(ids)).toEqual(['queued', 'queued', 'queued', 'queued'])
    expect((await w.b.run(['status', last])).stdout).toMatch(/queue +position 4/)
    expect((await w.b.run(['stop', two])).stdout).toBe(`${two} stopped\n`)
    await w.b.run(['stop', first])
    expect((await w.b.run(['wait', one, urgent, last])).code).toBe(0)
    const begun = await Promise.all([urgent, one, last].map((id) => at(id, 'turn.started')))
    expect(begun).toEqual(begun.toSorted((a, b) => a - b))
    expect(begun[0]).toBeGreaterThanOrEqual(await at(first, 'turn.ended'))
    expect(begun[1]).toBeGreaterThanOrEqual(await at(urgent, 'turn.ended'))
    expect((await w.b.events(two)).map(({ type }) => type)).not.toContain('turn.started')
  })

  test('without a limit in the settings: two turns a core, and doctor says so', async () => {
    const oneCore = join(w.b.folder, 'on-one-core')
    writeFileSync(oneCore, `#!/bin/sh\nexec taskset -c 0 ${BERTH} "$@"\n`, { mode: 0o755 })
    const run = async (...args: readonly string[]) => (await w.b.run(args, { program: oneCore })).stdout.trim()
    expect(await run('doctor')).toMatch(/queue: at most 2 turns at once \(twice the one core\)/)
    const noop = () =>
      run('start', '--engine', flag, '--no-repo', '--agent', 'noop', '--provider-arg', 'sleep=600', 'work')
    const [first = '', second = '', third = ''] = [await noop(), await noop(), await noop()]
    await w.b.until(second, ({ type }) => type === 'turn.started')
    expect((await states([third]))[0]).toBe('queued')
    await run('stop', first)
    await w.b.until(third, ({ type }) => type === 'turn.started')
    await run('stop', second, third)
  })

  test('a label holds back its own tasks; order and limits survive the supervisor', async () => {
    configure('[label-concurrency]\nbatch = 1\n')
    const batch = ['--label', 'batch=7']
    const ids = [await noop(600, ...batch), await noop(0, ...batch), await noop(0, ...batch)]
    const [held = '', ...others] = ids
    const other = await noop(0, '--label', 'batch=8')
    expect((await w.b.run(['wait', other])).code).toBe(0)
    expect(await states(ids)).toEqual(['running', 'queued', 'queued'])
    process.kill((await w.b.supervisor()) ?? 0, 'SIGKILL')
    expect(await states(ids)).toEqual(['running', 'queued', 'queued'])
    expect((await w.b.run(['stop', held])).code).toBe(0)
    expect((await w.b.run(['wait', ...others])).code).toBe(0)
    const begun = await Promise.all(ids.map((id) => at(id, 'turn.started')))
    const ended = await Promise.all(ids.map((id) => at(id, 'turn.ended')))
    expect(begun[1]).toBeGreaterThanOrEqual(ended[0] ?? 0)
    expect(begun[2]).toBeGreaterThanOrEqual(ended[1] ?? 0)
  })

  test('a parked task: known after a kill, sent to behind its turn, stopped at once', async () => {
    w.model.load({ key: KEY, after: LATER })
    const id = await codex()
    await w.b.until(id, (event) => event.type === 'turn.waiting')
    process.kill((await w.b.supervisor()) ?? 0, 'SIGKILL')
    expect(await w.b.status(id)).toMatchObject({ state: 'waiting' })
    expect((await w.b.run(['send', id, 'and more'])).stdout).toBe(`${id} turn 2\n`)
    expect(await w.b.status(id)).toMatchObject({ state: 'waiting', turns: [{ state: 'waiting' }, { state: 'queued' }] })
    expect(await w.b.run(['wait', '--timeout', '1s', id])).toMatchObject({ code: 8 })
    expect((await w.b.run(['ls'])).stdout).toContain('waiting')
    expect((await w.b.run(['stop', id])).stdout).toBe(`${id} stopped\n`)
    expect(await w.b.status(id)).toMatchObject({ turns: [{ state: 'stopped' }, { state: 'stopped' }], waiting: null })
  })

  test('send --interrupt does not wait for the time', async () => {
    w.model.load({ key: KEY, steps: [LATER], after: { text: 'fine' } })
    const id = await codex()
    await w.b.until(id, (event) => event.type === 'turn.waiting')
    expect((await w.b.run(['send', '--interrupt', '-f', id, 'try this'])).code).toBe(0)
    expect((await w.b.status(id)).turns.map(({ state }) => state)).toEqual(['stopped', 'done'])
  })

  test('--retries: a limit without a time is tried again by itself, the session goes on', async () => {
    const slow = { status: 429, error: { message: 'slow down' } } as const
    w.model.load({ key: KEY, steps: [{ text: 'a', shell: 'echo one > one.txt' }, slow], after: { text: 'went on' } })
    const id = await codex('--retries', '2', '--retry-delay', '1s')
    expect((await w.b.run(['wait', id])).code).toBe(0)
    const events = await w.b.events(id)
    expect(events.filter(({ type }) => type === 'turn.waiting')).toMatchObject([{ outcome: { class: 'rate-limit' } }])
    expect(events.filter(({ type }) => type === 'turn.ended').length).toBe(1)
    expect((await w.b.status(id)).turns).toMatchObject([{ state: 'done', attempt: 2, tries: 1 }])
  })

  test('killed when the time has come: the next supervisor tries once', async () => {
    const id = await start(['--base-url', 'http://127.0.0.1:9/v1', '--retries', '1', '--retry-delay', '1s'], 'x', {
      BERTH_FAULT: 'turn.due:1',
    })
    await w.b.until(id, (event) => event.type === 'turn.again')
    expect((await w.b.run(['wait', id])).code).toBe(1)
    const types = (await w.b.events(id)).map(({ type }) => type)
    const count = (type: Event['type']) => types.filter((one) => one === type).length
    expect([count('turn.again'), count('turn.started'), count('turn.ended')]).toEqual([1, 2, 1])
  })

  test('--retries has an end, and is for nothing that will not pass', async () => {
    const dead = await start(['--base-url', 'http://127.0.0.1:9/v1', '--retries', '1', '--retry-delay', '1s'])
    expect((await w.b.run(['wait', dead])).code).toBe(1)
    expect(await w.b.status(dead)).toMatchObject({ outcome: { class: 'network' }, turns: [{ attempt: 2, tries: 1 }] })
    w.model.load({ key: 'another' })
    const refused = await codex('--retries', '5')
    expect((await w.b.run(['wait', refused])).code).toBe(6)
    expect((await w.b.status(refused)).turns).toMatchObject([{ attempt: 1 }])
  })

  test('--idle-timeout ends an agent that says nothing, --task-timeout what all turns take', async () => {
    const idle = await noop(600, '--idle-timeout', '1s')
    expect((await w.b.run(['wait', idle])).code).toBe(1)
    expect((await w.b.status(idle)).reason).toContain('--idle-timeout')
    const long = await noop(600, '--task-timeout', '2s')
    expect((await w.b.run(['wait', long])).code).toBe(1)
    expect((await w.b.status(long)).outcome).toMatchObject({
      class: 'limit',
      reason: expect.stringContaining('--task-'),
    })
    const refused = await w.b.run(['send', long, 'and again'])
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--task-timeout is 2s') })
  })

  test('what cannot be is one clear error each, and nothing is made', async () => {
    for (const [args, says] of [
      [['--priority', '5000'], '--priority'],
      [['--retries', '-1'], '--retries'],
      [['--idle-timeout', '5'], 'needs a unit'],
      [['--task-timeout', '0s'], '--task-timeout'],
      [['--retry-delay', '1ms'], '--retry-delay'],
      [['--rate-limit', 'never'], '--rate-limit'],
    ] as const) {
      const ran = await w.b.run(['start', '--engine', flag, '--agent', 'noop', ...args, 'nothing'])
      expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(says) })
    }
    expect((await w.b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks).toEqual([])
  })
})
