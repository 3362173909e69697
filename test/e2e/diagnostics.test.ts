import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { ContainerReport } from '../../src/domain/container-report.ts'
import type { Event } from '../../src/domain/event.ts'
import type { TaskRecord } from '../../src/domain/task.ts'
import { engineAt } from '../../src/engines/locate/engine-at.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { testBench } from '../fixtures/test-bench.ts'

const second = () => Math.floor(Date.now() / 1000)

describe.each(rootfulEngines())('what is known of a container on $name', ({ flag, kind, endpoint }) => {
  const t = testBench('file')
  const start = async (shell: string) => {
    t.model.reset()
    t.model.load({ steps: [], after: { text: 'a', shell } })
    const id = (await t.b.run(['start', '--engine', flag, '--base-url', t.model.url, 'work'])).stdout.trim()
    await t.b.until(id, (event) => event.type === 'agent.tool.start')
    return id
  }
  const report = async (id: string) =>
    (await t.b.json<TaskRecord & { readonly report: ContainerReport }>(['status', '-v', id])).report
  const told = (events: readonly Event[]) =>
    events.flatMap((event) => (event.type === 'engine.event' ? [[event.action, event.exitCode ?? null]] : []))

  test('while it runs, when it was killed, and when all is over; also what befell it without a supervisor', async () => {
    const id = await start('echo begun; sleep 600')
    await t.b.until(id, (event) => event.type === 'engine.event' && event.action === 'start')
    const running = await report(id)
    expect(running.now).toMatchObject({ state: 'running', exitCode: null, oom: false })
    expect(running.now?.pid).toBeGreaterThan(1)
    expect(running.stats?.memoryBytes).toBeGreaterThan(1_000_000)
    expect(running.stats?.cpuNanos).toBeGreaterThan(1_000_000)
    expect(running.stats?.pids).toBeGreaterThan(1)
    expect(running).toMatchObject({ name: `berth-${id}-1-1`, ended: null, unreachable: null })
    const text = (await t.b.run(['status', '-v', id])).stdout
    expect(text).toMatch(new RegExp(`^container +berth-${id}-1-1, running, pid \\d+$`, 'm'))
    expect(text).toMatch(/^live +CPU \d+%, .* of CPU, memory .*iB, \d+ processes$/m)

    // Nobody watches when it dies; the next supervisor asks what it has missed.
    process.kill((await t.b.supervisor()) ?? 0, 'SIGKILL')
    const engine = engineAt(kind, endpoint)
    await engine.kill(`berth-${id}-1-1`, 'SIGKILL')
    await engine.wait(`berth-${id}-1-1`, AbortSignal.timeout(20_000))
    // The next one listens from the second in which it begins.
    for (const died = second(); second() === died; await sleep(20));
    expect((await t.b.run(['wait', id])).code).toBe(4)
    await t.b.until(id, (event) => event.type === 'container.removed')

    const events = await t.b.events(id)
    const seen = told(events)
    expect(seen.filter(([action]) => action === 'create' || action === 'start')).toEqual([
      ['create', null],
      ['start', null],
    ])
    expect(seen).toContainEqual(['die', 137])
    expect(seen.filter(([action]) => action === 'die')).toHaveLength(1)
    const over = await report(id)
    expect(over).toMatchObject({ now: null, stats: null, unreachable: null, ended: { exitCode: 137 } })
    expect(over.events.map(({ action, exitCode }) => [action, exitCode])).toEqual(seen)
    expect((await t.b.run(['status', '-v', id])).stdout).toMatch(/^ended +exit code 137/m)

    const log = (await t.b.run(['log', '--container', id])).stdout.trimEnd().split('\n')
    expect(log.filter((line) => line.includes(' engine: start (berth-'))).toHaveLength(1)
    expect(log.filter((line) => line.includes(' engine: die, exit code 137 (berth-'))).toHaveLength(1)
    expect(log.some((line) => line.endsWith(' removed'))).toBe(true)
    expect(log.join('\n')).not.toContain('begun')
    const json = (await t.b.run(['log', '--container', '--json', id])).stdout.trimEnd().split('\n')
    expect(json).toHaveLength(log.length)
  })
})
