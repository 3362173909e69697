import type { LogChunk } from '../engine.ts'

const HEAD = 8

type Run = { readonly stream: LogChunk['stream']; readonly parts: Buffer[] }

const joined = (parts: readonly Buffer[]): Buffer =>
  parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts)

/** Cuts the raw stream at its heads. */
const cutter = () => {
  let rest: Buffer = Buffer.alloc(0)
  let stream: LogChunk['stream'] = 'stdout'
  /** Bytes behind the last head that are still to come. */
  let left = 0
  return {
    add(part: Buffer) {
      rest = rest.length === 0 ? part : Buffer.concat([rest, part])
    },
    /** The next bytes of one stream; undefined where more must come first. */
    next(): LogChunk | undefined {
      while (left === 0) {
        if (rest.length < HEAD) return undefined
        stream = rest[0] === 2 ? 'stderr' : 'stdout'
        left = rest.readUInt32BE(4)
        rest = rest.subarray(HEAD)
      }
      if (rest.length === 0) return undefined
      const data = rest.subarray(0, left)
      left -= data.length
      rest = rest.subarray(data.length)
      return { stream, data }
    },
  }
}

/**
 * Takes apart the raw stream of logs and exec: 8 bytes of head (stream, length), then that many bytes. What came together
 * of one stream is given together: who takes it in writes once.
 */
export async function* demultiplex(source: AsyncIterable<Buffer>): AsyncGenerator<LogChunk> {
  const cut = cutter()
  for await (const part of source) {
    cut.add(part)
    const runs: Run[] = []
    for (let chunk = cut.next(); chunk !== undefined; chunk = cut.next()) {
      const run = runs.at(-1)
      if (run?.stream === chunk.stream) run.parts.push(chunk.data)
      else runs.push({ stream: chunk.stream, parts: [chunk.data] })
    }
    for (const run of runs) yield { stream: run.stream, data: joined(run.parts) }
  }
}
