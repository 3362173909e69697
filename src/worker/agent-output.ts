import type { Readable } from 'node:stream'
import type { FrameBody, OutStream } from '../domain/worker-protocol.ts'
import type { FrameWriter } from './frame-writer.ts'
import { joinWrites } from './join-writes.ts'
import { outPieces } from './out-pieces.ts'

const TELL_DROPPED_MS = 1000
/** What comes sooner after a frame than this waits for it, so that many short writes are few frames; a screen waits less. */
const JOIN_MS: Readonly<Record<OutStream, number>> = { o: 20, e: 20, t: 5, so: 20, se: 20 }

/**
 * Frames what the agent writes. The first word goes at once; what follows it closely shares a frame. While the log is full
 * nothing is read, so memory stays bounded; past `limit` bytes all is read and thrown away.
 */
export const agentOutput = (frames: FrameWriter, limit: number) => {
  const streams: Readable[] = []
  const flushes: (() => void)[] = []
  const ends: (() => void)[] = []
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

  const follow = (stream: Readable, name: OutStream, see: (chunk: Buffer) => void) => {
    const pieces = outPieces(name)
    const { add, flush } = joinWrites(JOIN_MS[name], (bytes) => send(pieces.push(bytes)))
    streams.push(stream)
    flushes.push(flush)
    ends.push(() => send(pieces.end()))
    stream.on('data', (chunk: Buffer) => {
      see(chunk)
      const taken = within(chunk)
      if (taken.length > 0) add(taken)
    })
    stream.on('error', () => {})
    return new Promise<void>((resolve) => {
      stream.once('close', resolve)
    })
  }

  const flushAll = () => {
    for (const flush of flushes) flush()
  }

  return {
    follow,
    /** What was written so far stands in the log before the frames that come next. */
    flush: flushAll,
    /** Tells what stands without a following piece, and what was dropped. */
    end() {
      flushAll()
      for (const end of ends) end()
      tellDropped()
    },
    /** Stops listening, where somebody out of our reach holds the other end. */
    destroy() {
      for (const stream of streams) stream.destroy()
    },
  }
}
