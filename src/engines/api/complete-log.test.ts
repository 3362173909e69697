import { describe, expect, it } from 'vitest'
import type { LogChunk } from '../engine.ts'
import { completeLog } from './complete-log.ts'

const text = (from: number, to: number) =>
  Buffer.from(Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`).join(''))

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
      async *read() {
        yield chunk(log.subarray(0, 400))
        yield chunk(log.subarray(400))
      },
      signal: new AbortController().signal,
    })
    for await (const { data } of source) out.push(data)
    expect(Buffer.concat(out).equals(log)).toBe(true)
  })
})
