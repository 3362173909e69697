import { connect } from 'node:net'

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

/** Takes lines out of a room that is read into again and again; those of an answer begin at `first`. */
const lineTaker = (room: Buffer, first: number) => {
  /** Where the part of a line begins that has come already; what of a long one does not fit is kept apart. */
  let start = first
  let long: Buffer[] = []
  return {
    /** The lines that end in what was read between `at` and `end`. `whole`: an empty one, which no event is, was the end. */
    take(at: number, end: number): { readonly lines: Buffer; readonly whole: boolean } {
      const stop = at + room.subarray(at, end).lastIndexOf(NEWLINE) + 1
      if (stop === at) return { lines: room.subarray(0, 0), whole: false }
      const whole = stop > start + 1 ? room[stop - 2] === NEWLINE : long.length === 0
      const own = room.subarray(start, whole ? stop - 1 : stop)
      const lines = long.length === 0 ? own : Buffer.concat([...long, own])
      start = stop
      long = []
      return { lines, whole }
    },
    /** Brings the part of a line that ends at `end` before the place of the next read. */
    keep(end: number) {
      if (end - start > ROOM_BYTES) {
        long.push(Buffer.from(room.subarray(start, end)))
        start = ROOM_BYTES
        return
      }
      room.copyWithin(ROOM_BYTES - (end - start), start, end)
      start = ROOM_BYTES - (end - start)
    },
  }
}

/** The lines of an answer whose bytes stand in `room`, first at `begin`, then as they are read behind ROOM_BYTES. */
async function* wholeLines(
  room: Buffer,
  begin: { readonly at: number; readonly end: number },
  read: () => Promise<number>,
) {
  const taker = lineTaker(room, begin.at)
  for (let { at, end } = begin; ; ) {
    const { lines, whole } = taker.take(at, end)
    if (lines.length > 0) yield lines
    if (whole) return
    taker.keep(end)
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
