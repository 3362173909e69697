import type { LogChunk } from '../engine.ts'

const HEAD = 8

type Run = { readonly stream: LogChunk['stream']; readonly parts: Buffer[] }

const joined = (parts: readonly Buffer[]): Buffer =>
  parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts)

/**
 * Takes apart the raw stream of logs and exec: 8 bytes of head (stream, length), then that many bytes. What came together
 * of one stream is given together: who takes it in writes once.
 */
export async function* demultiplex(source: AsyncIterable<Buffer>): AsyncGenerator<LogChunk> {
  let rest: Buffer = Buffer.alloc(0)
  let stream: LogChunk['stream'] = 'stdout'
  let left = 0
  for await (const part of source) {
    rest = rest.length === 0 ? part : Buffer.concat([rest, part])
    const runs: Run[] = []
    for (;;) {
      if (left === 0) {
        if (rest.length < HEAD) break
        stream = rest[0] === 2 ? 'stderr' : 'stdout'
        left = rest.readUInt32BE(4)
        rest = rest.subarray(HEAD)
        continue
      }
      if (rest.length === 0) break
      const data = rest.subarray(0, left)
      left -= data.length
      rest = rest.subarray(data.length)
      const run = runs.at(-1)
      if (run?.stream === stream) run.parts.push(data)
      else runs.push({ stream, parts: [data] })
    }
    for (const run of runs) yield { stream: run.stream, data: joined(run.parts) }
  }
}
