import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { EXEC, encodeExec } from '../../domain/exec-frame.ts'
import { sandboxLine } from './sandbox-line.ts'

/** A worker's side of a connection. */
const connection = () => {
  const got: Buffer[] = []
  const stream = new Duplex({
    read: () => {},
    write: (bytes: Buffer, _, done) => {
      got.push(bytes)
      done()
    },
  })
  return {
    stream,
    got: () => Buffer.concat(got),
    say: (text: string) => stream.push(encodeExec(EXEC.stdout, text)),
    end: () => stream.push(null),
  }
}

const bench = (wanted = true, refused = false) => {
  const made: ReturnType<typeof connection>[] = []
  const lines: string[] = []
  const lost: number[] = []
  const states: boolean[] = []
  const over = new AbortController()
  const line = sandboxLine({
    dial: async () => {
      if (refused) throw new Error('no gateway')
      const next = connection()
      made.push(next)
      return next.stream
    },
    lines: (some) => lines.push(...some),
    changed: () => states.push(line.isOpen),
    isWanted: () => wanted,
    signal: over.signal,
  })
  onTestFinished(() => {
    over.abort()
    line.close()
  })
  const type = (text: string) => line.type(Buffer.from(text), (bytes) => lost.push(bytes))
  return { line, made, lines, lost, states, type }
}

const stdin = (text: string) => encodeExec(EXEC.stdin, text)

test('lines come out whole, input goes in', async () => {
  const b = bench()
  b.line.open()
  await expect.poll(() => b.made.length).toBe(1)
  b.made[0]!.say('one\ntw')
  b.made[0]!.say('o\n')
  await expect.poll(() => b.lines).toEqual(['one', 'two'])
  await b.type('a')
  b.line.answer('\x1b[1;1R')
  b.line.resize({ columns: 9, rows: 3 })
  expect(b.made[0]!.got()).toEqual(
    Buffer.concat([stdin('a'), stdin('\x1b[1;1R'), encodeExec(EXEC.resize, '{"columns":9,"rows":3}')]),
  )
})

test('a connection that ends is made again, and gets what was typed meanwhile', async () => {
  const b = bench()
  b.line.open()
  await expect.poll(() => b.made.length).toBe(1)
  b.made[0]!.end()
  await expect.poll(() => b.line.isOpen).toBe(false)
  await b.type('while ')
  await b.type('away')
  b.line.resize({ columns: 9, rows: 3 })
  await expect
    .poll(() => b.made[1]?.got(), { timeout: 10_000 })
    .toEqual(Buffer.concat([encodeExec(EXEC.resize, '{"columns":9,"rows":3}'), stdin('while '), stdin('away')]))
  expect([b.states, b.lost]).toEqual([[true, false, true], []])
})

test('each connection gets the size again: the one before may have ended with it on its way', async () => {
  const b = bench()
  b.line.resize({ columns: 9, rows: 3 })
  const sized = encodeExec(EXEC.resize, '{"columns":9,"rows":3}')
  await expect.poll(() => b.made[0]?.got()).toEqual(sized)
  b.made[0]!.end()
  await expect.poll(() => b.made[1]?.got(), { timeout: 10_000 }).toEqual(sized)
})

test('if nobody looks, a connection that ended is made again for the next input alone', async () => {
  const b = bench(false)
  b.line.open(true)
  await expect.poll(() => b.made.length).toBe(1)
  b.made[0]!.end()
  await expect.poll(() => b.line.isOpen).toBe(false)
  await sleep(600)
  expect(b.made).toHaveLength(1)
  b.line.answer('\x1b[0n')
  await expect.poll(() => b.made[1]?.got(), { timeout: 10_000 }).toEqual(stdin('\x1b[0n'))
})

test('what waits too long, or is too much, is lost, and the viewer is told', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const b = bench(false, true)
  await b.type('x'.repeat(60_000))
  await b.type('y'.repeat(10_000))
  expect(b.lost).toEqual([10_000])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(b.lost).toEqual([10_000, 60_000])
})
