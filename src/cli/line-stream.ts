import { connect } from 'node:net'
import { chunkedBody } from './chunked-body.ts'

const NEWLINE = 10
/** What one read takes at most: more than a socket of the system holds. */
const READ_BYTES = 256 * 1024
/** Room before it, for the part of a line that has come already. */
const ROOM_BYTES = 64 * 1024
const HEAD_END = '\r\n\r\n'

export type LineStream = {
  readonly status: number
  /** The answer's first lines. */
  readonly head: string
  /**
   * Whole lines, as many at a time as have come; good until the next are asked for, which are read into the same block.
   * Throws where the answer is broken off.
   */
  readonly lines: AsyncIterable<Buffer>
  close(): void
}

/** A connection that is read into one block, and only when somebody asks. */
const openBlock = (socketPath: string, block: Buffer, signal: AbortSignal | undefined) => {
  let next = Promise.withResolvers<number>()
  const expect = () => {
    next = Promise.withResolvers()
    // It may break while nobody asks.
    next.promise.catch(() => {})
  }
  expect()
  const callback = (bytes: number) => {
    next.resolve(bytes)
    return false
  }
  // Not in the type of what `connect` takes, which hands it on.
  const options = { path: socketPath, onread: { buffer: block, callback }, ...(signal === undefined ? {} : { signal }) }
  const socket = connect(options)
  socket.once('error', (error) => next.reject(error)).once('close', () => next.resolve(0))
  return {
    socket,
    /** Bytes that stand at the block's beginning now; 0 at the end. */
    async read(): Promise<number> {
      socket.resume()
      const bytes = await next.promise
      if (bytes > 0) expect()
      return bytes
    },
  }
}

/** The part of a line that has come already: what fits stands in the room, the rest of a long one is kept apart. */
const lineJoiner = (room: Buffer) => {
  let part = { at: 0, length: 0 }
  let long: Buffer[] = []
  const moved = (to: number) => {
    if (part.length > 0) room.copyWithin(to - part.length, part.at, part.at + part.length)
    return to - part.length
  }
  return {
    /** The whole lines that end between two places, with what came before; undefined where none ends there. */
    take(from: number, to: number): Buffer | undefined {
      const start = moved(from)
      const stop = from + room.subarray(from, to).lastIndexOf(NEWLINE) + 1
      const lines = room.subarray(start, stop)
      part = stop > from ? { at: stop, length: to - stop } : { at: start, length: to - start }
      if (stop === from) return undefined
      const whole = long.length === 0 ? lines : Buffer.concat([...long, lines])
      long = []
      return whole
    },
    /** Makes place for what is read next. */
    clear() {
      if (part.length > ROOM_BYTES) {
        long.push(Buffer.from(room.subarray(part.at, part.at + part.length)))
        part = { at: 0, length: 0 }
      } else part = { at: moved(ROOM_BYTES), length: part.length }
    },
  }
}

/** The lines of a body whose bytes stand in `room`, first at `begin`, then as they are read behind ROOM_BYTES. */
async function* wholeLines(
  room: Buffer,
  begin: { readonly at: number; readonly end: number },
  read: () => Promise<number>,
) {
  const body = chunkedBody()
  const joiner = lineJoiner(room)
  for (let { at, end } = begin; ; ) {
    for (let piece = body.next(room, at, end); piece !== undefined; piece = body.next(room, at, end)) {
      const [from, to] = piece
      at = to
      const lines = joiner.take(from, to)
      if (lines !== undefined) yield lines
    }
    if (body.whole) return
    joiner.clear()
    const bytes = await read()
    if (bytes === 0) throw new Error('the supervisor ended before the end of its answer')
    at = ROOM_BYTES
    end = at + bytes
  }
}

/**
 * Asks the supervisor for lines. Node's own client takes twice as long for what is large: it allocates what it reads, in
 * small pieces, and hands them through three streams.
 */
export const lineStream = async (input: {
  readonly socketPath: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal | undefined
}): Promise<LineStream> => {
  const room = Buffer.allocUnsafeSlow(ROOM_BYTES + READ_BYTES)
  const { socket, read } = openBlock(input.socketPath, room.subarray(ROOM_BYTES), input.signal)
  const headers = Object.entries({ host: 'localhost', connection: 'close', ...input.headers })
  const asked = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.write(`GET ${input.path} HTTP/1.1\r\n${asked}\r\n`)
  let come = ''
  let end = ROOM_BYTES
  while (!come.includes(HEAD_END)) {
    const bytes = await read()
    if (bytes === 0) throw new Error('the supervisor ended before it answered')
    end = ROOM_BYTES + bytes
    come += room.toString('latin1', ROOM_BYTES, end)
  }
  const [head = '', ...behind] = come.split(HEAD_END)
  const at = end - behind.join(HEAD_END).length
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0),
    head,
    lines: (async function* () {
      try {
        yield* wholeLines(room, { at, end }, read)
      } finally {
        socket.destroy()
      }
    })(),
    close: () => void socket.destroy(),
  }
}
