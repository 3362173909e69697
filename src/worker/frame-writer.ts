import { encodeFrame, FRAME_BYTES, type FrameBody, PROTOCOL } from '../domain/worker-protocol.ts'
import { fitFrame } from './fit-frame.ts'

const FLUSH_MS = 300_000

export type FrameWriter = {
  /** Writes frames in one go. False: the log is full, write no more before `drained` is called. */
  send(...bodies: readonly FrameBody[]): boolean
  /** Number of the frame that comes next. */
  readonly next: number
  /** Opens the stream, so that the next frame does not wait for it. */
  open(): void
  onDrained(listener: () => void): void
  /** Calls back with each further piece of the log, whole lines, as it is written. The returned function ends that. */
  tap(listener: (lines: string) => void): () => void
  /** Resolves when every frame has left this process, or can't. */
  flush(): Promise<void>
}

type Options = {
  /** Opens the stream; when it is first needed, since that takes some milliseconds. */
  readonly open: () => NodeJS.WritableStream
  /** Writes what is sent first, without a stream. False: it can't. */
  readonly early: (lines: string) => boolean
  readonly first: number
}

/** Frames as lines on stdout, counted without holes. A log that nobody reads any more does not end the turn. */
export const frameWriter = ({ open, early, first }: Options): FrameWriter => {
  let n = first
  let broken = false
  const listeners: (() => void)[] = []
  const taps = new Set<(lines: string) => void>()
  const tell = () => {
    for (const listener of listeners) listener()
  }
  let opened: NodeJS.WritableStream | undefined
  const stream = () => {
    if (opened !== undefined) return opened
    opened = open()
    opened.on('drain', tell)
    opened.on('error', () => {
      broken = true
      tell()
    })
    return opened
  }
  return {
    send: (...bodies) => {
      const isFirst = n === first
      let lines = ''
      for (const body of bodies) {
        const head = { v: PROTOCOL, n, t: Date.now() } as const
        lines += `${encodeFrame({ ...head, ...fitFrame(body, FRAME_BYTES - 100) })}\n`
        n += 1
      }
      for (const tap of taps) tap(lines)
      return (isFirst && early(lines)) || broken || stream().write(lines)
    },
    get next() {
      return n
    },
    open: () => void stream(),
    onDrained: (listener) => {
      listeners.push(listener)
    },
    tap: (listener) => {
      taps.add(listener)
      return () => taps.delete(listener)
    },
    flush: () =>
      new Promise((resolve) => {
        if (broken) return resolve()
        const timer = setTimeout(resolve, FLUSH_MS)
        const done = () => {
          clearTimeout(timer)
          resolve()
        }
        const out = stream()
        out.once('error', done)
        out.write('', done)
      }),
  }
}
