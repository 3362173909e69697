import { encodeFrame, FRAME_BYTES, type FrameBody, PROTOCOL } from '../domain/worker-protocol.ts'
import { fitFrame } from './fit-frame.ts'

const FLUSH_MS = 300_000

export type FrameWriter = {
  /** Writes frames in one go. False: the log is full, write no more before `drained` is called. */
  send(...bodies: readonly FrameBody[]): boolean
  onDrained(listener: () => void): void
  /** Resolves when every frame has left this process, or can't. */
  flush(): Promise<void>
}

/** Frames as lines on stdout, counted without holes. A log that nobody reads any more does not end the turn. */
export const frameWriter = (out: NodeJS.WritableStream, first: number): FrameWriter => {
  let n = first
  let broken = false
  const listeners: (() => void)[] = []
  const tell = () => {
    for (const listener of listeners) listener()
  }
  out.on('drain', tell)
  out.on('error', () => {
    broken = true
    tell()
  })
  return {
    send: (...bodies) => {
      let lines = ''
      for (const body of bodies) {
        const head = { v: PROTOCOL, n, t: Date.now() } as const
        lines += `${encodeFrame({ ...head, ...fitFrame(body, FRAME_BYTES - 100) })}\n`
        n += 1
      }
      return broken || out.write(lines)
    },
    onDrained: (listener) => {
      listeners.push(listener)
    },
    flush: () =>
      new Promise((resolve) => {
        if (broken) return resolve()
        const timer = setTimeout(resolve, FLUSH_MS)
        const done = () => {
          clearTimeout(timer)
          resolve()
        }
        out.once('error', done)
        out.write('', done)
      }),
  }
}
