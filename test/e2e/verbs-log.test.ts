import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'

describe.each(rootfulEngines().slice(0, 1))('log of several tasks on $name', ({ flag }) => {
  let b: Berth
  let model: ModelServer
  beforeAll(async () => {
    b = berth()
    model = await startModelServer()
    model.load({ steps: [], after: { text: 'end of it' } })
  })
  afterAll(async () => {
    await b.close()
    await model.close()
  })
  const start = async () => (await b.run(['start', '--engine', flag, '--base-url', model.url, 'work'])).stdout.trim()

  test('each line and each event names its task; followed, it ends with the last of them', async () => {
    const [one, two] = [await start(), await start()]
    const followed = await b.run(['log', '-f', one, two])
    expect(followed.code).toBe(0)
    const lines = followed.stdout.trimEnd().split('\n')
    expect(lines.filter((line) => !line.startsWith(`${one} | `) && !line.startsWith(`${two} | `))).toEqual([])
    for (const id of [one, two]) expect(followed.stdout).toMatch(new RegExp(`^${id} \\| .*done`, 'm'))

    // Nothing more is told then.
    for (const id of [one, two]) await b.until(id, ({ type }) => type === 'container.removed')
    const events = (await b.run(['log', '--json', one, two])).stdout.trimEnd().split('\n')
    const parsed = events.map((line) => JSON.parse(line) as Event & { taskId: string })
    expect(new Set(parsed.map(({ taskId }) => taskId))).toEqual(new Set([one, two]))
    expect(parsed.filter(({ taskId }) => taskId === two)).toEqual(
      (await b.events(two)).map((e) => ({ ...e, taskId: two })),
    )

    expect((await b.run(['log', '--raw', one, two])).stderr).toContain('--raw works with one task at a time')
    expect((await b.run(['log', one, 't-none'])).stderr).toContain('t-none: there is no such task')
  })

  test('of a journal of many megabytes each part is what it is of the whole, also for the next supervisor', async () => {
    const flood = `shell=yes ${'é'.repeat(80)} | head -c 4000000`
    const began = await b.run(['start', '--engine', flag, '--agent', 'noop', '--provider-arg', flood, 'first'])
    const id = began.stdout.trim()
    await b.run(['wait', id])
    await b.run(['send', id, 'second'])
    await b.run(['wait', id])
    // The engine's last words of a container may come behind its removal.
    const running = async () => (await b.json<{ supervisor: { running: number } }>(['doctor'])).supervisor.running
    await expect.poll(running).toBe(0)
    const journal = join(b.home, 'tasks', id, 'events.jsonl')
    const all = readFileSync(journal, 'utf8').trimEnd().split('\n')
    expect(all.length).toBeGreaterThan(400)
    const parsed = all.map((line) => JSON.parse(line) as Event)
    const lines = (wanted: (event: Event) => boolean) => all.filter((_, i) => wanted(parsed[i] as Event))
    const ofTurn = (turn: number) => (event: Event) => 'turn' in event && event.turn === turn
    const first = parsed.filter(ofTurn(1))
    const middle = first[Math.round(first.length / 2)]?.at ?? ''
    const container = lines(({ type }) => type.startsWith('container.') || type.startsWith('engine.'))
    const parts: readonly (readonly [readonly string[], readonly string[]])[] = [
      [[], all],
      [['-f'], all],
      [['--tail', '1000'], all.slice(-1000)],
      [['--tail', '3', '-f'], all.slice(-3)],
      [['--turn', '1', '--tail', '20'], lines(ofTurn(1)).slice(-20)],
      [['--turn', '2'], lines(ofTurn(2))],
      [['--since', middle], lines(({ at }) => at >= middle)],
      [['--since', middle, '--turn', '1'], lines((event) => event.at >= middle && ofTurn(1)(event))],
      [['--container'], container],
      [['--container', '--tail', '2'], container.slice(-2)],
    ]
    for (const supervisor of ['that ran it', 'next']) {
      for (const [args, expected] of parts) {
        const { code, stdout } = await b.run(['log', '--json', ...args, id])
        expect([supervisor, args, code, stdout.length]).toEqual([supervisor, args, 0, expected.join('\n').length + 1])
        expect(stdout === `${expected.join('\n')}\n`, `${supervisor} ${args}`).toBe(true)
      }
      const pid = (await b.supervisor()) ?? 0
      process.kill(pid, 'SIGKILL')
      while (existsSync(`/proc/${pid}`)) await sleep(10)
    }
    expect(existsSync(journal.replace('.jsonl', '.index'))).toBe(true)
    expect((await b.status(id)).state).toBe('done')
  })
})
