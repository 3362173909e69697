import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { AFTER_FORGERY, forge } from '../fixtures/forge.ts'
import { FORGED_FRAMES } from './attacks/frames.ts'

/** Every number near the next one is tried. */
const NUMBERS = Array.from({ length: 100 }, (_, i) => i + 3)

describe.each(rootfulEngines().slice(0, 1))('forged frames on $name', ({ flag, kind }) => {
  let b: Berth
  let id = ''
  let untrusted: readonly string[] = []
  const texts = (events: readonly Event[]) =>
    events.flatMap((event) => (event.type === 'untrusted' ? [event.text] : []))

  beforeAll(async () => {
    b = berth()
    const shell = `shell=(echo x > /proc/1/fd/1) 2>/dev/null && echo open; ${AFTER_FORGERY}`
    const job = ['--engine', flag, '--agent', 'noop', '--no-repo', '--provider-arg', shell]
    id = (await b.run(['start', ...job, 'x'])).stdout.trim()
    await b.until(id, (event) => event.type === 'agent.started')
    const line = (n: number, body: object) => JSON.stringify({ v: 1, n, t: Date.now(), ...body })
    const lines = NUMBERS.flatMap((n) => FORGED_FRAMES.map(({ body }) => line(n, body)))
    forge(kind, `berth-${id}-1-1`, lines)
    await b.run(['wait', id])
    untrusted = texts(await b.events(id))
  })
  afterAll(() => b.close())

  test.each(FORGED_FRAMES)('$name is nobody\u2019s word', ({ body }) => {
    const { t: _, ...own } = body
    const words = JSON.stringify(own).slice(1, -1)
    expect(untrusted.filter((text) => text.includes(words))).not.toEqual([])
  })

  test('the agent cannot write them, its task is done all the same, and every view answers', async () => {
    expect(await b.status(id)).toMatchObject({ state: 'done' })
    expect((await b.run(['log', id])).stdout).not.toContain('open')
    for (const args of [['status', id], ['log', id], ['ls', '-a'], ['usage']])
      expect([args, (await b.run(args)).code]).toEqual([args, 0])
  })
})
