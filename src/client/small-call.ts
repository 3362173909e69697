import { connect } from 'node:net'

const HEAD_END = '\r\n\r\n'
const LINE_END = '\r\n'

export type SmallAnswer = {
  readonly status: number
  /** By their names in small letters. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

export type SmallCall = {
  readonly socketPath: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** The pieces of a chunked body put together; undefined while its last one has not come. */
const unchunked = (bytes: Buffer): Buffer | undefined => {
  const pieces: Buffer[] = []
  for (let at = 0; ; ) {
    const line = bytes.indexOf(LINE_END, at)
    if (line < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
    if (Number.isNaN(size)) throw new Error("the supervisor's answer has a chunk without a size")
    if (size === 0) return Buffer.concat(pieces)
    const from = line + LINE_END.length
    if (bytes.length < from + size) return undefined
    pieces.push(bytes.subarray(from, from + size))
    at = from + size + LINE_END.length
  }
}

type Head = { readonly status: number; readonly headers: ReadonlyMap<string, string>; readonly bytes: number }

const headOf = (bytes: Buffer): Head | undefined => {
  const end = bytes.indexOf(HEAD_END)
  if (end < 0) return undefined
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split(LINE_END)
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    }),
  )
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? 0)
  return { status, headers, bytes: end + HEAD_END.length }
}

const bodyOf = ({ status, headers, bytes }: Head, all: Buffer): Buffer | undefined => {
  const rest = all.subarray(bytes)
  if (status === 204) return rest.subarray(0, 0)
  if (headers.get('transfer-encoding') === 'chunked') return unchunked(rest)
  const length = headers.get('content-length')
  if (length === undefined) return rest
  return rest.length < Number(length) ? undefined : rest.subarray(0, Number(length))
}

/** Collects an answer's bytes. */
const answerTaker = () => {
  const pieces: Buffer[] = []
  let size = 0
  let head: Head | undefined
  return {
    /** Whether the answer says that these are all of it. */
    take(piece: Buffer): boolean {
      pieces.push(piece)
      size += piece.length
      head ??= headOf(pieces.length === 1 ? piece : Buffer.concat(pieces))
      if (head === undefined) return false
      return head.status === 204 || size >= head.bytes + Number(head.headers.get('content-length') ?? Infinity)
    },
    /** The answer; undefined where it was broken off. */
    whole(): SmallAnswer | undefined {
      const body = head && bodyOf(head, Buffer.concat(pieces))
      return head && body && { status: head.status, headers: head.headers, body }
    },
  }
}

/** As Node's client names a server that goes before it has answered. */
const hungUp = () => Object.assign(new Error('the supervisor hung up'), { code: 'ECONNRESET' })

const requestText = ({ method, path, headers, body }: SmallCall): string => {
  const all = {
    host: 'localhost',
    connection: 'close',
    ...headers,
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
    }),
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}${LINE_END}`)
  return `${method} ${path} HTTP/1.1${LINE_END}${lines.join('')}${LINE_END}${body ?? ''}`
}

/** Asks the supervisor and reads its answer to the end. Node's own client takes some 10 ms to load and to begin. */
export const smallCall = (call: SmallCall): Promise<SmallAnswer> =>
  new Promise((resolve, reject) => {
    const { socketPath, signal } = call
    const answer = answerTaker()
    const socket = connect({ path: socketPath, ...(signal && { signal }) })
    const settle = () => {
      socket.destroy()
      try {
        const whole = answer.whole()
        if (whole === undefined) reject(hungUp())
        else resolve(whole)
      } catch (error) {
        reject(error)
      }
    }
    socket.on('error', reject)
    socket.on('data', (piece: Buffer) => {
      if (answer.take(piece)) settle()
    })
    socket.on('close', settle)
    socket.write(requestText(call))
  })
