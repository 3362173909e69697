import { writeSync } from 'node:fs'
import { Writable } from 'node:stream'

/** Pauses before a terminal that takes no more is tried again; nothing tells when it does. */
const FIRST_PAUSE_MS = 2
const LAST_PAUSE_MS = 50

/** What is typed into a terminal. Node's own stream for it would wait for a program that does not read, and stop us all. */
export const terminalInput = (fd: number): Writable => {
  let timer: NodeJS.Timeout | undefined
  const put = (bytes: Buffer, pause: number, done: (error?: Error | null) => void): void => {
    timer = undefined
    let rest = bytes
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest))
      done()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
        done(error as Error)
        return
      }
      const next = rest.length < bytes.length ? FIRST_PAUSE_MS : pause
      timer = setTimeout(put, next, rest, Math.min(next * 2, LAST_PAUSE_MS), done)
    }
  }
  const input = new Writable({
    write: (bytes: Buffer, _, done) => put(bytes, FIRST_PAUSE_MS, done),
    destroy: (error, done) => {
      clearTimeout(timer)
      done(error)
    },
  })
  // Its program has gone.
  return input.on('error', () => {})
}
