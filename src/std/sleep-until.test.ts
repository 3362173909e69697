import { expect, test, vi } from 'vitest'
import { sleepUntil } from './sleep-until.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const DAY = 24 * 3600_000

test('sixty days, and no timer longer than there are', async () => {
  vi.useFakeTimers({ now: START })
  try {
    let over = false
    const asleep = sleepUntil('2026-03-02T00:00:00Z', () => new Date(), new AbortController().signal)
    const done = asleep.then(() => {
      over = true
    })
    await vi.advanceTimersByTimeAsync(60 * DAY - 1)
    expect(over).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await done
    expect(over).toBe(true)
  } finally {
    vi.useRealTimers()
  }
})

test('a clock that is set forth is seen within half a minute, a time that is over at once', async () => {
  vi.useFakeTimers({ now: START })
  try {
    let now = START
    const asleep = sleepUntil('2026-01-05T00:00:00Z', () => new Date(now), new AbortController().signal)
    now += 10 * DAY
    await vi.advanceTimersByTimeAsync(30_000)
    await asleep
    await sleepUntil('2020-01-01T00:00:00Z', () => new Date(now), new AbortController().signal)
  } finally {
    vi.useRealTimers()
  }
})

test('the signal ends it', async () => {
  const controller = new AbortController()
  const asleep = sleepUntil('2999-01-01T00:00:00Z', () => new Date(), controller.signal)
  controller.abort()
  await expect(asleep).rejects.toThrow('aborted')
})
