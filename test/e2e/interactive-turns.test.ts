import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { testBench } from '../fixtures/test-bench.ts'
import { watchTerminal } from '../fixtures/watch-terminal.ts'

const PRESS_MS = 500
const CODEX_READY = 'Ask Codex to do anything'

const found = <T extends Event['type']>(events: readonly Event[], type: T) =>
  events.filter((event): event is Extract<Event, { type: T }> => event.type === type)

describe.each(anyEngine())('a turn at a terminal on $name', ({ flag }) => {
  const t = testBench('test')

  const start = async (...args: readonly string[]) => {
    const place = ['--engine', flag, '--repo', t.remote.url, '--branch', 'main', '--mode', 'interactive']
    const ran = await t.b.run(['start', ...place, ...args])
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    return ran.stdout.trim()
  }
  const codex = (...args: readonly string[]) => start('--base-url', `${t.model.url}/v1`, '--model', 'gpt-5.5', ...args)
  const watch = (id: string) => watchTerminal(t.b.socket, id)
  const quit = async (terminal: Awaited<ReturnType<typeof watch>>) => {
    for (let end: string | null | undefined; end === undefined; ) {
      terminal.press('\u0003')
      end = await Promise.race([terminal.over, sleep(PRESS_MS, undefined)])
    }
  }
  const wait = async (id: string) => (await t.b.run(['wait', id])).code

  test('a task without words must get a title, and end with nothing to push', async () => {
    const id = await codex()
    const terminal = await watch(id)
    await terminal.shows(CODEX_READY)
    await terminal.settles()
    await quit(terminal)
    expect(await wait(id)).toBe(0)
    expect(await t.b.status(id)).toMatchObject({ state: 'done', title: 'At the terminal of codex', commits: [] })
  })

  test('a key that the model refuses must not end the turn: the person at the screen decides', async () => {
    t.model.load({ key: 'another-key' })
    const id = await codex('do it')
    const terminal = await watch(id)
    await t.b.until(id, (event) => event.type === 'gateway.verdict')
    await terminal.shows('401')
    expect((await t.b.status(id)).state).toBe('running')
    await quit(terminal)
    expect(await wait(id)).toBe(0)
    const [verdict] = found(await t.b.events(id), 'gateway.verdict')
    expect(verdict?.verdict).toMatchObject({ class: 'auth', status: 401, fatal: false })
  })

  test('a stop must be a stop, and a resume must open the session again without words', async () => {
    t.model.load({ steps: [{ contains: 'do it', text: 'HEARDIT' }] })
    const id = await codex('do it')
    const terminal = await watch(id)
    await terminal.shows('HEARDIT')
    await terminal.settles()
    expect((await t.b.run(['stop', id])).code).toBe(0)
    expect(await wait(id)).toBe(3)
    const stopped = await t.b.status(id)
    expect(stopped).toMatchObject({ state: 'stopped', outcome: { result: 'stopped' } })
    expect(stopped.session).not.toBeNull()

    expect((await t.b.run(['resume', id])).code).toBe(0)
    const again = await watch(id)
    await again.shows('HEARDIT')
    await again.settles()
    await quit(again)
    expect(await wait(id)).toBe(0)
    expect(await t.b.status(id)).toMatchObject({ state: 'done', session: stopped.session })
    expect(found(await t.b.events(id), 'agent.asked').map(({ text }) => text)).toEqual(['do it'])
  })

  test('a supervisor that was killed must not lose what was said, nor tell it twice', async () => {
    t.model.load({ steps: [{ contains: 'do it', text: 'HEARDIT' }] })
    const id = await codex('do it')
    const terminal = await watch(id)
    await terminal.shows('HEARDIT')
    await terminal.settles()
    process.kill((await t.b.supervisor()) ?? 0, 'SIGKILL')
    await terminal.over
    expect((await t.b.run(['ls'])).code).toBe(0)
    const again = await watch(id)
    await again.shows('HEARDIT')
    await quit(again)
    expect(await wait(id)).toBe(0)
    const events = await t.b.events(id)
    expect(found(events, 'agent.asked')).toMatchObject([{ text: 'do it' }])
    expect(found(events, 'agent.message')).toMatchObject([{ text: 'HEARDIT' }])
    expect(found(events, 'agent.session')).toHaveLength(1)
  })

  test('a program that fails must fail the turn, and its work is kept', async () => {
    const shell = 'echo one > one.txt; echo READY; read line; exit 3'
    const id = await start('--agent', 'noop', '--provider-arg', `shell=${shell}`, 'words')
    const terminal = await watch(id)
    await terminal.shows('READY')
    terminal.press('\r')
    expect(await terminal.over).toBe('3')
    expect(await wait(id)).toBe(1)
    const record = await t.b.status(id)
    expect(record).toMatchObject({ state: 'failed', outcome: { class: 'agent', exitCode: 3 } })
    expect(record.reason).toContain('ended with exit code 3 at its terminal')
    expect((await t.b.run(['diff', id])).stdout).toContain('one.txt')
  })

  test('a warm container must take a further turn on a terminal of its own', async () => {
    const shell = 'echo READY; read line; echo "$line" >> lines.txt; echo alive >> /tmp/alive; exit 0'
    const id = await start('--agent', 'noop', '--keep-alive', '10m', '--provider-arg', `shell=${shell}`, 'words')
    const first = await watch(id)
    await first.shows('READY')
    await first.type('one')
    expect(await first.over).toBe('0')
    expect(await wait(id)).toBe(0)
    const { container } = await t.b.status(id)

    expect((await t.b.run(['send', id])).code).toBe(0)
    const second = await watch(id)
    await second.shows('READY')
    await second.type('two')
    expect(await second.over).toBe('0')
    expect(await wait(id)).toBe(0)
    expect((await t.b.status(id)).container?.id).toBe(container?.id)
    const alive = await t.b.run(['exec', id, '--', 'cat', '/tmp/alive', '/work/lines.txt'])
    expect(alive.stdout).toBe('alive\nalive\none\ntwo\n')
  })

  test('the time without output must end a turn that nobody types in', async () => {
    const shell = 'echo READY; sleep 1000'
    const id = await start('--agent', 'noop', '--idle-timeout', '2s', '--provider-arg', `shell=${shell}`, 'words')
    expect(await wait(id)).toBe(1)
    expect(await t.b.status(id)).toMatchObject({ state: 'failed', outcome: { class: 'limit' } })
  })
})
