import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import type { ForgeToken } from '../forges/forge.ts'
import { refreshTime } from '../forges/refresh-time.ts'
import { sleepUntil } from '../std/sleep-until.ts'
import { pauseAfter, refreshLoop } from './refresh-loop.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const named = (value: string, end: number): ForgeToken => ({
  value,
  user: 'u',
  expiresAt: new Date(end).toISOString(),
  refreshAt: new Date(refreshTime(end - HOUR, HOUR)).toISOString(),
})

const minted = (asked: number, time = asked * 55 * MINUTE) => named(`token-${asked}`, time + HOUR)

/** A loop on a clock that jumps to whatever is waited for, until `end` of its milliseconds have passed. */
const looped = async (source: (asked: number) => ForgeToken, end: number) => {
  const over = new AbortController()
  let time = 0
  let asked = 0
  const at: number[] = []
  const put: ForgeToken[] = []
  const failures: string[] = []
  const loop = refreshLoop(named('first', HOUR), {
    async source() {
      at.push(time)
      asked += 1
      return source(asked)
    },
    async put(token) {
      put.push(token)
    },
    failed: (error) => void failures.push(String(error)),
    now: () => new Date(time),
    async sleepUntil(until, signal) {
      time = Math.max(time, until.getTime())
      if (time >= end) over.abort(new Error('the end'))
      signal.throwIfAborted()
    },
    signal: over.signal,
  })
  await expect(loop).rejects.toThrow('the end')
  return { at, put, failures }
}

describe('refreshLoop', () => {
  test('S4-38: asks for the next token five minutes before the end of the last one', async () => {
    const { at, put, failures } = await looped((n) => minted(n), 4 * HOUR)
    expect(at.map((ms) => ms / MINUTE)).toEqual([55, 110, 165, 220])
    expect(put.map(({ value }) => value)).toEqual(['token-1', 'token-2', 'token-3', 'token-4'])
    expect(failures).toEqual([])
  })

  test('S4-40: tries again with longer pauses, and keeps the last token meanwhile', async () => {
    const { at, put, failures } = await looped((n) => {
      if (n <= 3) throw new Error(`refused ${n}`)
      return minted(n, 55 * MINUTE)
    }, 70 * MINUTE)
    expect(at.map((ms) => ms - 55 * MINUTE)).toEqual([0, 1000, 3000, 7000])
    expect(failures).toEqual(['Error: refused 1', 'Error: refused 2', 'Error: refused 3'])
    expect(put.map(({ value }) => value)).toEqual(['token-4'])
  })

  test('never pauses for longer than a minute', () => {
    expect([1, 2, 3, 6, 7, 20, 5000].map(pauseAfter)).toEqual([1000, 2000, 4000, 32_000, 60_000, 60_000, 60_000])
  })

  test('does not spin where the source gives the same token again', async () => {
    const { at, put } = await looped(() => named('first', HOUR), HOUR)
    expect(put).toEqual([])
    expect(at.length).toBeLessThan(12)
  })

  test('does not spin where each token has ended when it comes', async () => {
    const { at, put } = await looped((n) => minted(n, 0), 2 * HOUR)
    expect(put.length).toBe(at.length)
    expect(at.length).toBeLessThan(80)
  })

  test('waits for its end where a token has none', async () => {
    const over = new AbortController()
    const loop = refreshLoop(
      { value: 'v', user: 'u', expiresAt: null, refreshAt: null },
      {
        source: () => Promise.reject(new Error('asked')),
        put: () => Promise.reject(new Error('put')),
        failed: () => {},
        now: () => new Date(0),
        sleepUntil: () => Promise.reject(new Error('slept')),
        signal: over.signal,
      },
    )
    over.abort(new Error('the end'))
    await expect(loop).rejects.toThrow('the end')
  })

  test('S4-41: runs for a year, with failures now and then, and holds on to nothing', async () => {
    let made = 0
    const { at, put, failures } = await looped(
      (n) => {
        if (n % 10 === 0) throw new Error('now and then')
        made += 1
        return minted(made, (made * 55 + 30) * MINUTE)
      },
      365 * 24 * HOUR,
    )
    expect(at.length).toBeGreaterThan(9000)
    expect(put.length).toBe(at.length - failures.length)
    expect(new Set(put.map(({ value }) => value)).size).toBe(put.length)
  })

  test('S4-41: waits by short looks at the clock, and each leaves nothing behind', async () => {
    vi.useFakeTimers({ now: 0 })
    try {
      const over = new AbortController()
      let most = 0
      let asked = 0
      const loop = refreshLoop(named('first', HOUR), {
        async source() {
          asked += 1
          return minted(asked)
        },
        put: async () => {},
        failed: () => {},
        now: () => new Date(),
        sleepUntil: (time, signal) => {
          most = Math.max(most, getEventListeners(signal, 'abort').length, vi.getTimerCount())
          return sleepUntil(time.toISOString(), () => new Date(), signal)
        },
        signal: over.signal,
      })
      const ended = expect(loop).rejects.toThrow('the end')
      await vi.advanceTimersByTimeAsync(3 * 24 * HOUR)
      expect(asked).toBe(78)
      expect(most).toBeLessThan(3)
      over.abort(new Error('the end'))
      await ended
    } finally {
      vi.useRealTimers()
    }
  })
})
