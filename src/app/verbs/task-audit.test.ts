import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { GatewayLine } from '../../egress/egress.ts'
import type { Deps } from '../deps.ts'
import { type AuditAsked, taskAudit } from './task-audit.ts'

type Line = GatewayLine & { readonly gateway: string }
const base = { at: '2026-01-01T00:00:00.000Z', task: 't-1', gateway: 'g1' }
const LINES: readonly Line[] = [
  { ...base, n: 1, kind: 'verdict', class: 'auth', fatal: true },
  {
    ...base,
    n: 2,
    kind: 'net',
    host: 'a.example',
    port: 443,
    method: 'CONNECT',
    verdict: 'denied',
    rule: null,
    status: 403,
    ms: 1,
    allow: 'a.example',
    message: 'no rule',
    count: 3,
  },
  {
    ...base,
    n: 3,
    kind: 'request',
    verdict: 'allowed',
    host: 'model',
    port: 80,
    rule: 'http://model/',
    method: 'POST',
    path: '/v1',
    status: 200,
    ms: 5,
  },
  // As an older gateway wrote it.
  { ...base, n: 4, kind: 'request', method: 'POST', path: '/v1', status: 200, ms: 5 },
  {
    ...base,
    gateway: 'g2',
    n: 1,
    kind: 'net',
    host: '',
    port: 0,
    method: 'GET',
    path: '/x',
    verdict: 'denied',
    rule: null,
    status: 400,
    ms: 0,
    message: 'odd',
  },
]

const reader = (asked: Partial<AuditAsked> = {}, isLive = false) => {
  let live = isLive
  const listeners = new Set<() => void>()
  const flushed: string[] = []
  const gone = new AbortController()
  const asked_ = { follow: false, denied: false, after: null, ...asked }
  const egress = {
    flush: async (id: string) => void flushed.push(id),
    lines: async function* (_: string, after: { gateway: string; line: number } | null, signal: AbortSignal) {
      yield* after === null ? LINES.slice(0, 4) : LINES.slice(0, 4).filter(({ n }) => n > after.line)
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
      yield* LINES.slice(4)
    },
  }
  const tasks = {
    live: () => (live ? ({} as never) : undefined),
    onChange: (tell: () => void) => {
      listeners.add(tell)
      return () => void listeners.delete(tell)
    },
  }
  const seen: Record<string, unknown>[] = []
  const over = (async () => {
    for await (const bytes of taskAudit({
      deps: { egress } as unknown as Deps,
      tasks,
      id: 't-1',
      asked: asked_,
      signal: gone.signal,
    }))
      seen.push(JSON.parse(bytes.toString()))
  })()
  const end = () => {
    live = false
    for (const tell of listeners) tell()
  }
  return { seen, over, end, gone, flushed, listeners }
}

test('an entry for each request, with exactly the fields that scripts rely on', async () => {
  const { seen, over, flushed } = reader()
  await over
  expect(flushed).toEqual(['t-1'])
  expect(seen.map(({ id }) => id)).toEqual(['g1:2', 'g1:3', 'g1:4', 'g2:1'])
  const { id: _, ...first } = seen[0] ?? {}
  expect(first).toEqual({
    at: base.at,
    host: 'a.example',
    port: 443,
    method: 'CONNECT',
    path: null,
    verdict: 'denied',
    rule: null,
    status: 403,
    bytesIn: null,
    bytesOut: null,
    ms: 1,
    reason: 'no rule',
    count: 3,
  })
  expect(seen[1]).toMatchObject({ host: 'model', port: 80, verdict: 'allowed', rule: 'http://model/' })
  expect(Object.keys(seen[1] ?? {})).toHaveLength(12)
  expect(seen[2]).toMatchObject({ host: null, port: null, verdict: 'allowed' })
  expect(seen[3]).toMatchObject({ host: null, port: null, verdict: 'denied', reason: 'odd' })
})

test('behind an entry, and only what was denied', async () => {
  const behind = reader({ after: 'g1:3' })
  const denied = reader({ denied: true })
  const odd = reader({ after: 'what is no id' })
  await Promise.all([behind.over, denied.over, odd.over])
  expect(behind.seen.map(({ id }) => id)).toEqual(['g1:4', 'g2:1'])
  expect(denied.seen.map(({ id }) => id)).toEqual(['g1:2', 'g2:1'])
  expect(odd.seen).toHaveLength(4)
})

test('follows to the end of the task, and to the end of the reader', async () => {
  const { seen, over, end, listeners } = reader({ follow: true }, true)
  while (seen.length < 3) await sleep(1)
  end()
  await over
  expect(seen).toHaveLength(4)
  expect(listeners.size).toBe(0)
  const left = reader({ follow: true }, true)
  left.gone.abort()
  await left.over
  expect(left.listeners.size).toBe(0)
})
