import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { GatewayLine } from './egress.ts'
import { taskLog } from './task-log.ts'

type Line = Omit<GatewayLine, 'n' | 'at' | 'task'>
const usage = { inputTokens: 2, cachedTokens: 1, outputTokens: 1, reasoningTokens: 0 }

describe('the log of a task', () => {
  let lines: Line[]
  let log: ReturnType<typeof taskLog>
  beforeEach(() => {
    vi.useFakeTimers()
    lines = []
    log = taskLog(
      (line) => void lines.push(line),
      () => Date.now(),
    )
  })
  afterEach(() => vi.useRealTimers())
  const refused = (kind: string, i = 0) =>
    log.request({ method: 'GET', path: `/${i}`, status: 403, message: `no ${i}` }, kind)

  test('an hour of refused requests of three kinds: the first ones as they are, all counted, few lines', () => {
    for (let second = 0; second < 3600; second += 1) {
      for (let i = 0; i < 90; i += 1) refused(['path', 'proxy', 'framing'][i % 3] ?? '', i)
      vi.advanceTimersByTime(1000)
    }
    log.flush()
    expect(lines.slice(0, 150).every(({ count }) => count === undefined)).toBe(true)
    expect(lines.reduce((sum, { count = 1 }) => sum + count, 0)).toBe(3600 * 90)
    expect(lines.length).toBeLessThan(3 * (50 + 60 + 121))
    expect(lines.at(-1)).toMatchObject({
      kind: 'request',
      status: 403,
      message: expect.stringMatching(/^\d+ more of this kind; the last: no \d+$/),
    })
  })

  test('no token is lost of what is counted together', () => {
    for (let i = 0; i < 5000; i += 1) log.request({ method: 'POST', path: '/v1/x', status: 200, usage })
    log.flush()
    expect(lines.length).toBe(1001)
    expect(lines.reduce((sum, line) => sum + (line.usage?.inputTokens ?? 0), 0)).toBe(10_000)
  })

  test('tokens that are counted together are of a model where all of them are', () => {
    const put = (model: string, count: number) => {
      for (let i = 0; i < count; i += 1) log.request({ method: 'POST', path: '/v1/x', status: 200, usage, model })
      log.request({ method: 'POST', path: '/v1/count', status: 200 })
      log.flush()
      return lines.at(-1)?.model
    }
    expect(put('big', 1002)).toBe('big')
    log.request({ method: 'POST', path: '/v1/x', status: 200, usage, model: 'small' })
    expect(put('big', 3)).toBeUndefined()
    expect(put('small', 3)).toBe('small')
  })

  test('the first verdict that ends the turn is written at once, whatever came before; repetitions are counted', () => {
    for (let i = 0; i < 500; i += 1) log.verdict({ class: 'rate-limit', fatal: false, status: 429, message: 'slow' })
    expect(lines.length).toBe(20)
    log.verdict({ class: 'rate-limit', fatal: true, status: 429, message: 'for an hour' })
    log.verdict({ class: 'auth', fatal: true, status: 401, message: 'no' })
    expect(lines.slice(20).map((line) => line.message)).toEqual(['for an hour', 'no'])
    for (let i = 0; i < 500; i += 1) log.verdict({ class: 'auth', fatal: true, status: 401, message: 'no' })
    vi.advanceTimersByTime(30_000)
    expect(lines.slice(42).map(({ class: kind, count }) => [kind, count])).toEqual([
      ['rate-limit', 480],
      ['auth', 480],
    ])
  })

  test('after a quiet hour lines are written as they are again; a message has an end', () => {
    for (let i = 0; i < 60; i += 1) refused('path')
    vi.advanceTimersByTime(3_600_000)
    const before = lines.length
    log.request({ method: 'GET', path: '/', status: 400, message: 'x'.repeat(100_000) }, 'path')
    expect(lines.slice(before)).toMatchObject([{ status: 400, message: 'x'.repeat(2000) }])
  })
})
