import type { Socket } from 'node:net'

/** Bytes of a piece's length, big endian. A piece of length 0 says that this direction has ended. */
const HEAD = 4
const END = Buffer.alloc(HEAD)

/** Takes the pieces of a byte stream apart as they come, and holds none of them. Throws on bytes behind the end. */
export const pieceReader = (take: { readonly data: (bytes: Buffer) => void; readonly end: () => void }) => {
  const head = Buffer.alloc(HEAD)
  let known = 0
  let left = 0
  let over = false
  const readHead = (bytes: Buffer): Buffer => {
    const taken = bytes.copy(head, known)
    known += taken
    if (known === HEAD) {
      known = 0
      left = head.readUInt32BE(0)
      over = left === 0
      if (over) take.end()
    }
    return bytes.subarray(taken)
  }
  return (bytes: Buffer): void => {
    for (let rest = bytes; rest.length > 0; ) {
      if (over) throw new Error('bytes behind the end')
      if (left === 0) {
        rest = readHead(rest)
        continue
      }
      const piece = rest.subarray(0, left)
      left -= piece.length
      rest = rest.subarray(piece.length)
      take.data(piece)
    }
  }
}

const headOf = (length: number): Buffer => {
  const head = Buffer.allocUnsafe(HEAD)
  head.writeUInt32BE(length)
  return head
}

/**
 * Carries a TCP connection over a byte stream, whose other end another call carries. Each end of a direction is said within
 * the stream. So half-closed connections stay so, and a stream that breaks off anywhere on its way is a reset for both
 * TCP connections: neither takes half of a transfer for the whole. A slow reader slows the writer.
 */
export const carryConnection = (connection: Socket, stream: Socket): void => {
  let sent = false
  let got = false
  let over = false
  const reset = () => {
    if (over) return
    over = true
    connection.resetAndDestroy()
    stream.destroy()
  }
  const settle = () => {
    if (!sent || !got) return
    over = true
    stream.end()
    // Also where it was paused: its end is to be seen.
    stream.resume()
  }
  const read = pieceReader({
    data: (bytes) => connection.write(bytes),
    end: () => {
      got = true
      connection.end()
      settle()
    },
  })
  connection.on('data', (bytes) => {
    stream.cork()
    stream.write(headOf(bytes.length))
    const more = stream.write(bytes)
    stream.uncork()
    if (more) return
    connection.pause()
    stream.once('drain', () => connection.resume())
  })
  connection.once('end', () => {
    sent = true
    stream.write(END)
    settle()
  })
  stream.on('data', (bytes: Buffer) => {
    try {
      read(bytes)
    } catch {
      stream.destroy()
    }
    if (!connection.writableNeedDrain || over) return
    stream.pause()
    connection.once('drain', () => stream.resume())
  })
  connection.on('error', reset)
  connection.once('close', reset)
  stream.on('error', reset)
  stream.once('end', reset)
  stream.once('close', reset)
  if (connection.destroyed || stream.destroyed) reset()
  stream.resume()
}
