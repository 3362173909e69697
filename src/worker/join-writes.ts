const FLUSH_BYTES = 64 * 1024

/** Passes the first piece on at once; what follows within `joinMs` is joined with what comes next. */
export const joinWrites = (joinMs: number, send: (bytes: Buffer) => void) => {
  let waiting: Buffer[] = []
  let size = 0
  let flushedAt = Number.NEGATIVE_INFINITY
  const flush = () => {
    if (size === 0) return
    flushedAt = performance.now()
    const bytes = waiting.length === 1 ? (waiting[0] as Buffer) : Buffer.concat(waiting, size)
    waiting = []
    size = 0
    send(bytes)
  }
  const flushSoon = () => {
    const wait = flushedAt + joinMs - performance.now()
    if (wait > 0) setTimeout(flush, wait)
    else setImmediate(flush)
  }
  return {
    flush,
    add: (piece: Buffer) => {
      if (size === 0) flushSoon()
      waiting.push(piece)
      size += piece.length
      if (size >= FLUSH_BYTES) flush()
    },
  }
}
