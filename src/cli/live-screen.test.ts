import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { liveScreen } from './live-screen.ts'

/** A terminal that keeps what is written; `rows` is what a person sees, the cursor's row last. */
const screen = (columns: number) => {
  const writes: string[] = []
  const stream = Object.assign(new EventEmitter(), {
    columns,
    writableNeedDrain: false,
    destroyed: false,
    write(text: string, done?: () => void) {
      writes.push(text)
      done?.()
      return true
    },
  })
  const rows = () => {
    let lines = ['']
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what the terminal is told
    for (const piece of writes.join('').split(/(\r\u001b\[J|\r|\n)/)) {
      if (piece === '\r\u001b[J') lines[lines.length - 1] = ''
      else if (piece === '\n') lines = [...lines, '']
      else if (piece !== '\r' && piece !== '') lines[lines.length - 1] = piece
    }
    return lines
  }
  return { writes, rows, stream: stream as unknown as NodeJS.WriteStream }
}

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

test('what is printed stands above the line, and nothing of it is left', async () => {
  const { stream, rows } = screen(80)
  let line = 'one'
  const live = liveScreen({ stream, line: () => line })
  await live.print('first\n')
  expect(rows()).toEqual(['first', 'one'])
  line = 'two'
  vi.advanceTimersByTime(150)
  await live.print('second\n')
  expect(rows()).toEqual(['first', 'second', 'two'])
  live.close()
  expect(rows()).toEqual(['first', 'second', ''])
  await live.print('last\n')
  vi.advanceTimersByTime(5000)
  expect(rows()).toEqual(['first', 'second', 'last', ''])
})

test('a flood of events draws ten lines a second, a quiet time one, and the last state is shown', async () => {
  const { stream, writes, rows } = screen(80)
  let count = 0
  let drawn = 0
  const live = liveScreen({
    stream,
    line: () => {
      drawn += 1
      return `event ${count}`
    },
  })
  for (; count < 10_000; count += 1) {
    await live.print('')
    if (count % 10 === 9) vi.advanceTimersByTime(1)
  }
  vi.advanceTimersByTime(100)
  expect(drawn).toBeLessThanOrEqual(12)
  expect(rows()).toEqual(['event 9999'])
  const before = writes.length
  vi.advanceTimersByTime(10_000)
  expect(writes.length - before).toBe(10)
  live.close()
})

test('a terminal that changes its size gets a line that fits at once; one that cannot take more gets none', () => {
  const { stream, writes } = screen(80)
  const asked: number[] = []
  const live = liveScreen({
    stream,
    line: (columns) => {
      asked.push(columns)
      return 'x'.repeat(columns)
    },
  })
  stream.columns = 20
  stream.emit('resize')
  expect(asked).toEqual([19])
  expect(writes.at(-1)).toBe(`${'x'.repeat(19)}\r`)
  Object.assign(stream, { writableNeedDrain: true })
  const before = writes.length
  vi.advanceTimersByTime(5000)
  expect(writes.length).toBe(before)
  live.close()
  expect(stream.listenerCount('resize')).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})

test('without a line nothing but the text is written', async () => {
  const { stream, writes } = screen(80)
  const live = liveScreen({ stream, line: () => null })
  await live.print('a\n')
  vi.advanceTimersByTime(3000)
  live.close()
  expect(writes.filter((text) => text !== '')).toEqual(['a\n'])
})
