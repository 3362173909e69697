import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { forge } from '../fixtures/forge.ts'

/** Frames whose number the host has taken in long ago: what is said in the worker's name, over and over. */
const FLOOD = `${JSON.stringify({ v: 1, n: 1, t: 1, k: 'out', s: 'o', d: 'x'.repeat(900) })}\n`.repeat(4000)

describe.each(rootfulEngines().slice(0, 1))('limits of a turn in a warm container, on $name', ({ flag, kind }) => {
  let b: Berth
  beforeAll(() => {
    b = berth()
  })
  afterAll(() => b.close())
  const start = async (...more: readonly string[]) => {
    const args = ['--engine', flag, '--agent', 'noop', '--no-repo', '--keep-alive', '10m', '--output-limit', '100k']
    return (await b.run(['start', ...args, ...more, 'x'])).stdout.trim()
  }
  const created = (events: readonly Event[]) => events.filter(({ type }) => type === 'container.created').length
  const dropped = (events: readonly Event[]) =>
    events.reduce((sum, event) => (event.type === 'output.dropped' ? sum + event.bytes : sum), 0)
  const kept = (events: readonly Event[]) =>
    events.reduce(
      (sum, event) => (event.type === 'agent.output' ? sum + event.text.replaceAll('\n', '').length : sum),
      0,
    )

  test('the second one has as much output taken in and thrown away as the first', async () => {
    const id = await start('--provider-arg', 'shell=yes 0123456789 | head -n 50000')
    await b.run(['wait', id])
    await b.run(['send', '-f', id, 'again'])
    const events = await b.events(id)
    const [first, second] = [1, 2].map((turn) => events.filter((event) => 'turn' in event && event.turn === turn))
    expect(created(events)).toBe(1)
    expect(dropped(first ?? [])).toBeGreaterThan(300_000)
    expect(dropped(second ?? [])).toBe(dropped(first ?? []))
    expect(kept(second ?? [])).toBe(kept(first ?? []))
  })

  test('frames of old numbers count as log in the second one as in the first', async () => {
    for (const turn of [1, 2]) {
      const shell = turn === 1 ? 'sleep 600' : 'if [ -e /tmp/second ]; then sleep 600; fi; touch /tmp/second'
      const id = await start('--provider-arg', `shell=${shell}`)
      if (turn === 2) {
        await b.run(['wait', id])
        await b.run(['send', id, 'again'])
      }
      await b.until(id, (event) => event.type === 'agent.started' && event.turn === turn)
      // No agent gets there any more; who would could say this.
      forge(kind, `berth-${id}-1-1`, [FLOOD])
      await b.run(['wait', id])
      const { outcome } = (await b.status(id)).turns.at(-1) ?? {}
      expect(outcome?.reason).toContain('is twice as large as --output-limit allows')
      expect(created(await b.events(id))).toBe(1)
    }
  })

  test('four million lines of one byte make a journal of their size, and the supervisor holds few of them', async () => {
    const bytes = 8_000_000
    const args = ['--engine', flag, '--agent', 'noop', '--no-repo', '--provider-arg', `shell=yes | head -c ${bytes}`]
    const id = (await b.run(['start', ...args, 'x'])).stdout.trim()
    expect((await b.run(['wait', id])).code).toBe(0)
    expect(statSync(join(b.home, 'tasks', id, 'events.jsonl')).size).toBeLessThan(4 * bytes)
    const status = readFileSync(`/proc/${await b.supervisor()}/status`, 'utf8')
    const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
    expect(peak).toBeGreaterThan(1_000_000)
    // Four million events would be far more. A quiet machine reads larger pieces of the log: 350 MiB were measured.
    expect(peak).toBeLessThan(450 * 1024 ** 2)
  })
})
