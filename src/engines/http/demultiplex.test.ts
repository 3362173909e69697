import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { demultiplex } from './demultiplex.ts'

const frame = (stream: number, text: string) => {
  const data = Buffer.from(text)
  const head = Buffer.alloc(8)
  head[0] = stream
  head.writeUInt32BE(data.length, 4)
  return Buffer.concat([head, data])
}

const cut = async function* (whole: Buffer, sizes: readonly number[]) {
  let at = 0
  for (const size of [...sizes, whole.length]) {
    if (at < whole.length) yield whole.subarray(at, at + size)
    at += size
  }
}

describe('demultiplex', () => {
  it('gives what came together of one stream together', async () => {
    const came = [
      Buffer.concat([frame(1, 'a'), frame(1, 'b'), frame(2, 'c')]),
      Buffer.concat([frame(1, 'd'), frame(1, 'e')]),
    ]
    const got: string[] = []
    for await (const { stream, data } of demultiplex(
      (async function* () {
        yield* came
      })(),
    ))
      got.push(`${stream} ${data}`)
    expect(got).toEqual(['stdout ab', 'stderr c', 'stdout de'])
  })

  it('gives each stream its bytes, however the connection cuts them', async () => {
    const part = fc.record({ stream: fc.constantFrom(1, 2), text: fc.string({ unit: 'binary' }) })
    await fc.assert(
      fc.asyncProperty(fc.array(part), fc.array(fc.integer({ min: 1, max: 12 })), async (parts, sizes) => {
        const got: Record<string, Buffer[]> = { stdout: [], stderr: [] }
        const whole = Buffer.concat(parts.map(({ stream, text }) => frame(stream, text)))
        for await (const { stream, data } of demultiplex(cut(whole, sizes))) got[stream]?.push(data)
        const of = (wanted: number) => parts.filter(({ stream }) => stream === wanted).map(({ text }) => text)
        expect(Buffer.concat(got['stdout'] ?? []).equals(Buffer.from(of(1).join('')))).toBe(true)
        expect(Buffer.concat(got['stderr'] ?? []).equals(Buffer.from(of(2).join('')))).toBe(true)
      }),
    )
  })
})
