import { expect, onTestFinished, test, vi } from 'vitest'
import { EXEC } from '../../domain/exec-frame.ts'
import type { TerminalSize } from '../../domain/worker-protocol.ts'
import { openScreen } from './screen.ts'
import { viewerOutput } from './viewer.ts'

const SIZE = { columns: 20, rows: 5 }

/** A viewer with a terminal of its own, which reads when it is told to. */
const bench = (size: TerminalSize = SIZE) => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const screen = openScreen(SIZE, () => {})
  const own = openScreen(size, () => {})
  let unread: Buffer[] = []
  let most = 0
  let sent = 0
  const waiting: (() => void)[] = []
  const output = viewerOutput(
    {
      send: (kind, data) => {
        if (kind !== EXEC.stdout) return
        sent += 1
        unread.push(Buffer.from(data as string))
        most = Math.max(
          most,
          unread.reduce((sum, { length }) => sum + length, 0),
        )
      },
      get unread() {
        return unread.reduce((sum, { length }) => sum + length, 0)
      },
      drained: () => new Promise((resolve) => waiting.push(resolve)),
      end: () => {},
    },
    size,
    () => screen,
  )
  onTestFinished(output.close)
  return {
    screen,
    own,
    output,
    say: (text: string) => {
      const bytes = Buffer.from(text)
      output.bytes(bytes)
      screen.write(bytes)
    },
    resize: (next: TerminalSize) => {
      screen.resize(next)
      output.resized()
    },
    /** Reads all there is, and lets time pass. */
    read: async (ms = 0) => {
      await vi.advanceTimersByTimeAsync(ms)
      const bytes = Buffer.concat(unread)
      unread = []
      own.write(bytes)
      for (const resolve of waiting.splice(0)) resolve()
      await vi.advanceTimersByTimeAsync(0)
      return bytes.toString()
    },
    wait: (ms: number) => vi.advanceTimersByTimeAsync(ms),
    most: () => most,
    sent: () => sent,
  }
}

const rowsOf = ({ own, screen }: ReturnType<typeof bench>, size: TerminalSize = SIZE) =>
  [own.part(size), screen.part(size)] as const

test('a viewer of the same size gets the screen, then the output itself', async () => {
  const b = bench()
  b.say('\x1b[31mbefore\x1b[0m\r\nand \x1b[4')
  b.output.ready()
  await b.read()
  b.say(';32mafter')
  expect(await b.read()).toBe(';32mafter')
  const [own, all] = rowsOf(b)
  expect(own).toEqual(all)
  expect(all.rows[1]).toBe('and \x1b[0;4;32mafter\x1b[0m')
})

test('a viewer of another size gets pictures of as much as fits, at most 20 a second', async () => {
  const size = { columns: 8, rows: 3 }
  const b = bench(size)
  b.output.ready()
  await b.read()
  const before = b.sent()
  for (let n = 0; n < 500; n += 1) {
    b.say(`\x1b[H\x1b[2Jnumber ${n}\r\n漢字漢字漢字\r\nx`)
    await b.read(2)
  }
  await b.read(100)
  expect(b.sent() - before).toBeLessThanOrEqual(22)
  const [own, all] = rowsOf(b, size)
  expect(own).toEqual(all)
  expect(all.rows).toEqual(['number 4', '漢字漢字', 'x'])
})

test('a picture has the rows that changed alone', async () => {
  const b = bench({ columns: 40, rows: 10 })
  b.say('one\r\ntwo\r\nthree')
  b.output.ready()
  await b.read()
  b.say('!')
  const text = await b.read(100)
  expect(text).toContain('three!')
  expect(text).not.toContain('two')
})

test('when the sizes become one, the viewer gets the output itself again', async () => {
  const b = bench({ columns: 30, rows: 8 })
  b.say('hello')
  b.output.ready()
  await b.read()
  b.resize({ columns: 30, rows: 8 })
  await b.read(100)
  b.say(' world')
  expect(await b.read()).toBe(' world')
  const [own, all] = rowsOf(b, { columns: 30, rows: 8 })
  expect(own).toEqual(all)
})

test('a viewer that never reads is sent no more than its bound', async () => {
  const b = bench()
  b.output.ready()
  await b.read()
  const line = 'x'.repeat(8000)
  for (let n = 0; n < 1000; n += 1) b.say(line)
  await b.wait(60_000)
  expect(b.most()).toBeLessThan(256 * 1024 + 8001)
})

test('a viewer that reads again sees the screen as it is, and then the output', async () => {
  const b = bench()
  b.output.ready()
  await b.read()
  for (let n = 0; n < 100; n += 1) b.say(`${'y'.repeat(8000)}\r\n`)
  b.say('\x1b[2J\x1b[Hthe \x1b[7mlast\x1b[0m words\x1b[3;3H')
  await b.read(100)
  await b.read(100)
  await b.read(100)
  const [own, all] = rowsOf(b)
  expect(own).toEqual(all)
  b.say('more')
  await b.read(100)
  b.say('!')
  expect(await b.read()).toBe('!')
})

test('nothing is drawn when nothing changes', async () => {
  const b = bench({ columns: 8, rows: 3 })
  b.output.ready()
  await b.read()
  expect(vi.getTimerCount()).toBeLessThanOrEqual(1)
  await b.read(100)
  const before = b.sent()
  await b.wait(60_000)
  expect([b.sent(), vi.getTimerCount()]).toEqual([before, 0])
})

test('the last of the screen is sent at the end', async () => {
  const b = bench({ columns: 30, rows: 8 })
  b.output.ready()
  await b.read(100)
  b.say('bye')
  b.output.end()
  await b.read()
  expect(b.own.part({ columns: 30, rows: 8 }).rows[0]).toBe('bye')
  expect(vi.getTimerCount()).toBe(0)
})
