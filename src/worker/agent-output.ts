import type { Readable } from 'node:stream'
import type { FrameBody } from '../domain/worker-protocol.ts'
import type { FrameWriter } from './frame-writer.ts'
import { outPieces } from './out-pieces.ts'

const FLUSH_BYTES = 64 * 1024
const TELL_DROPPED_MS = 1000
/** What comes sooner after a frame than this waits for it, so that many short writes are few frames. */
const JOIN_MS = 20

type Stream = 'o' | 'e'

/**
 * Frames what the agent writes. The first word goes at once; what follows it closely shares a frame. While the log is full
 * nothing is read, so memory stays bounded; past `limit` bytes all is read and thrown away.
 */
export const agentOutput = (frames: FrameWriter, limit: number) => {
  const streams: Readable[] = []
  const flushes: (() => void)[] = []
  let room = limit
  let dropped = 0
  let toldAt = 0

  frames.onDrained(() => {
    for (const stream of streams) stream.resume()
  })
  const send = (bodies: readonly FrameBody[]) => {
    if (bodies.length === 0 || frames.send(...bodies)) return
    for (const stream of streams) stream.pause()
  }
  const tellDropped = () => {
    if (dropped > 0) send([{ k: 'dropped', bytes: dropped }])
    dropped = 0
    toldAt = performance.now()
  }
  /** As much of the chunk as may still be told. */
  const within = (chunk: Buffer): Buffer => {
    const taken = chunk.subarray(0, Math.max(0, room))
    room -= taken.length
    dropped += chunk.length - taken.length
    if (dropped > 0 && performance.now() - toldAt > TELL_DROPPED_MS) tellDropped()
    return taken
  }

  const follow = (stream: Readable, name: Stream, see: (chunk: Buffer) => void) => {
    const pieces = outPieces(name)
    let waiting: Buffer[] = []
    let size = 0
    let flushedAt = Number.NEGATIVE_INFINITY
    const flush = () => {
      if (size === 0) return
      flushedAt = performance.now()
      const bytes = waiting.length === 1 ? (waiting[0] as Buffer) : Buffer.concat(waiting, size)
      waiting = []
      size = 0
      send(pieces.push(bytes))
    }
    const flushSoon = () => {
      const wait = flushedAt + JOIN_MS - performance.now()
      if (wait > 0) setTimeout(flush, wait)
      else setImmediate(flush)
    }
    streams.push(stream)
    flushes.push(() => {
      flush()
      send(pieces.end())
    })
    stream.on('data', (chunk: Buffer) => {
      see(chunk)
      const taken = within(chunk)
      if (taken.length === 0) return
      if (size === 0) flushSoon()
      waiting.push(taken)
      size += taken.length
      if (size >= FLUSH_BYTES) flush()
    })
    stream.on('error', () => {})
    return new Promise<void>((resolve) => {
      stream.once('close', resolve)
    })
  }

  return {
    follow,
    /** Tells what stands without a following piece, and what was dropped. */
    end() {
      for (const flush of flushes) flush()
      tellDropped()
    },
    /** Stops listening, where somebody out of our reach holds the other end. */
    destroy() {
      for (const stream of streams) stream.destroy()
    },
  }
}
