import type { Socket } from 'node:net'

const STALL_MS = 5000
const LINGER_MS = 5000

/** Cuts a connection that takes nothing of what is left for it. Reading nothing, it would not even see that its partner has gone. */
const cutStalled = (socket: Socket): void => {
  if (socket.destroyed) return
  let left = socket.writableLength
  const timer = setInterval(() => {
    if (socket.writableLength === left) socket.destroy()
    left = socket.writableLength
  }, STALL_MS)
  socket.once('close', () => clearInterval(timer))
}

/**
 * Ends a connection behind its last byte, and leaves it open to its partner for a while: one that writes to a closed
 * connection loses what it has not read yet.
 */
const endAndLinger = (socket: Socket): void => {
  socket.end(() => {
    const timer = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => clearTimeout(timer))
  })
}

/** Passes bytes between two connections, both ways. When one of them ends, the other ends behind its last byte. */
export const splice = (one: Socket, other: Socket): void => {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    let ended = false
    const close = () => {
      if (ended) return
      // It broke off: nobody waits for this any more.
      to.destroySoon()
      cutStalled(to)
    }
    from.on('error', () => {})
    from.once('end', () => {
      ended = true
      endAndLinger(to)
    })
    from.once('close', close)
    from.pipe(to, { end: false })
    if (from.destroyed) close()
  }
}
