import { expect, test } from 'vitest'
import type { EventBody } from '../../domain/event.ts'
import type { GatewayLine } from '../../egress/egress.ts'
import { denialCounter } from './count-denials.ts'

type Denied = Extract<EventBody, { type: 'egress.denied' }>

let n = 0
const line = (host: string, more: Partial<GatewayLine> = {}) => {
  n += 1
  return {
    n,
    at: '',
    task: 't-1',
    gateway: 'g1',
    kind: 'net' as const,
    verdict: 'denied' as const,
    host,
    port: 443,
    allow: host,
    message: `no rule allows ${host}`,
    ...more,
  }
}

test('each host once, then its count; what passed and what no host is named in are nothing', () => {
  const counter = denialCounter(2, [])
  const lines = [
    line('a.example'),
    line('a.example'),
    line('b.example', { verdict: 'allowed' }),
    line('', { port: 0 }),
    line('c.example', { kind: 'request' }),
    line('b.example', { port: 80 }),
    line('a.example', { count: 15, message: '15 more of this kind' }),
  ]
  expect(lines.map(counter.take)).toEqual([
    {
      type: 'egress.denied',
      turn: 2,
      host: 'a.example',
      port: 443,
      reason: 'no rule allows a.example',
      allow: 'a.example',
      count: 1,
      gateway: 'g1',
      line: lines[0]?.n,
    },
    ...[null, null, null, null],
    expect.objectContaining({ host: 'b.example', port: 80, count: 1 }),
    null,
  ])
  expect(counter.rest()).toEqual([
    expect.objectContaining({ host: 'a.example', count: 17, reason: 'no rule allows a.example', line: lines[6]?.n }),
  ])
  expect(counter.rest()).toEqual([])
})

test('an agent that names a thousand hosts makes few events, and every request is counted', () => {
  const counter = denialCounter(1, [])
  const first = Array.from({ length: 1000 }, (_, i) => counter.take(line(`h${i}.example`))).filter(
    (one) => one !== null,
  )
  expect(first).toHaveLength(51)
  expect(first.at(-1)).toMatchObject({ host: null, port: null, allow: null, count: 1 })
  expect(counter.take(line('h3.example'))).toBeNull()
  const rest = counter.rest()
  expect(rest.map(({ host, count }) => [host, count])).toEqual([
    ['h3.example', 2],
    [null, 950],
  ])
})

test('a supervisor that takes over reads the lines again, tells nothing twice and counts all', () => {
  const lines = [line('a.example'), line('a.example'), line('b.example'), line('a.example'), line('c.example')]
  const all = lines.concat(Array.from({ length: 60 }, (_, i) => line(`h${i}.example`)))
  for (let killedAt = 0; killedAt <= all.length; killedAt += 1) {
    const journal: Denied[] = []
    const tell = (events: readonly (Denied | null)[]) => journal.push(...events.filter((one) => one !== null))
    const before = denialCounter(1, [])
    tell(all.slice(0, killedAt).map(before.take))
    const after = denialCounter(1, journal)
    tell(all.map(after.take))
    tell(after.rest())
    // And once more, for one that was killed behind the turn's end.
    const again = denialCounter(1, journal)
    expect([...all.map(again.take), ...again.rest()].filter((one) => one !== null)).toEqual([])
    const counts = new Map(journal.map(({ host, count }) => [host, count]))
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(all.length)
    expect(journal).toHaveLength(51 + 2)
  }
})
