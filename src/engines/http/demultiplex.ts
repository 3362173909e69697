import type { LogChunk } from '../engine.ts'

const HEAD = 8

/** Takes apart the raw stream of logs and exec: 8 bytes of head (stream, length), then that many bytes. */
export async function* demultiplex(source: AsyncIterable<Buffer>): AsyncGenerator<LogChunk> {
  let rest: Buffer = Buffer.alloc(0)
  let stream: LogChunk['stream'] = 'stdout'
  let left = 0
  for await (const part of source) {
    rest = rest.length === 0 ? part : Buffer.concat([rest, part])
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
      yield { stream, data }
    }
  }
}
