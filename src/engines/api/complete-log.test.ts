import { describe, expect, it } from 'vitest'
import type { LogChunk } from '../engine.ts'
import { completeLog, missingOf } from './complete-log.ts'

const none = Buffer.alloc(0)
const text = (from: number, to: number) =>
  Buffer.from(Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`).join(''))
const given = (stdout: Buffer) => ({
  size: { stdout: stdout.length, stderr: 0 },
  end: { stdout: stdout.subarray(-4096), stderr: none },
})

describe('missingOf', () => {
  it('takes a whole log by its size', () => {
    const tail = { stdout: text(0, 10), stderr: Buffer.from('x') }
    expect(missingOf(tail, given(text(0, 7)))).toEqual({ stdout: text(7, 10), stderr: Buffer.from('x') })
  })

  it('finds its place in the last lines', () => {
    const tail = { stdout: text(1000, 2500), stderr: none }
    const found = missingOf(tail, {
      ...given(text(0, 2400)),
      end: { stdout: text(2300, 2400), stderr: Buffer.from('e') },
    })
    expect(found).toBeUndefined()
    const both = { stdout: text(1000, 2500), stderr: Buffer.from('e\n') }
    const end = { stdout: text(2300, 2400), stderr: Buffer.from('e\n') }
    expect(missingOf(both, { size: { stdout: 1, stderr: 2 }, end })).toEqual({ stdout: text(2400, 2500), stderr: none })
  })

  it('does not guess where lines repeat or the place is not among them', () => {
    const same = Buffer.from('same\n'.repeat(1500))
    expect(missingOf({ stdout: same, stderr: none }, given(same.subarray(0, 50)))).toBeUndefined()
    expect(missingOf({ stdout: text(5000, 6500), stderr: none }, given(text(0, 100)))).toBeUndefined()
  })
})

describe('completeLog', () => {
  it('gives nothing that came after the last proof, and the rest from the log as it is', async () => {
    const log = text(0, 3000)
    const chunk = (data: Buffer): LogChunk => ({ stream: 'stdout', data })
    const proofs = [true, false]
    let asked = 0
    const out: Buffer[] = []
    const source = completeLog({
      async *follow(signal) {
        yield chunk(log.subarray(0, 1000))
        while (asked < 1) await new Promise((resolve) => setTimeout(resolve, 1))
        yield chunk(Buffer.from('a hole, and what came later'))
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
      ended: () => new Promise(() => {}),
      running: async () => {
        asked += 1
        return proofs.shift() ?? false
      },
      async *read(lines) {
        yield chunk(lines === null ? log : text(2000, 3000))
      },
      signal: new AbortController().signal,
    })
    for await (const { data } of source) out.push(data)
    expect(Buffer.concat(out).equals(log)).toBe(true)
  })
})
