/**
 * What goes over an upgraded connection of `exec`, `shell` and `attach`, and over a dialled one to a sandbox's `terminal`
 * and `program`: a byte for the kind, four for the length (big endian), the payload.
 */
export const EXEC = {
  /** To the server, first: `ExecOpening`, `ProgramOpening` or `AttachOpening` as JSON. */
  open: 0,
  stdin: 1,
  /** The program's input has ended. */
  end: 2,
  /** `ExecSize` as JSON. */
  resize: 3,
  /** To the client. With a terminal all output is stdout. */
  stdout: 4,
  stderr: 5,
  /** The last one: the exit code as text. */
  exit: 6,
  /** The last one instead: a `Problem` as JSON. */
  failed: 7,
  /** To the client of `attach`: an `AttachState` as JSON. */
  state: 8,
  /** To the server of `attach`: this viewer writes from now on. */
  take: 9,
} as const

export const EXEC_PROTOCOL = 'berth-exec'

const HEAD = 5
const LONGEST = 16 * 1024 ** 2

export type ExecFrame = { readonly kind: number; readonly data: Buffer }

export const encodeExec = (kind: number, data: Uint8Array | string = ''): Buffer => {
  const payload = Buffer.from(data as string)
  const head = Buffer.alloc(HEAD)
  head.writeUInt8(kind, 0)
  head.writeUInt32BE(payload.length, 1)
  return Buffer.concat([head, payload])
}

/** The whole frames of a byte stream. A frame that claims to be absurdly long is an error; half of one at the end is dropped. */
export async function* decodeExec(source: AsyncIterable<Buffer>): AsyncGenerator<ExecFrame> {
  let parts: Buffer[] = []
  let have = 0
  let need = HEAD
  for await (const chunk of source) {
    parts.push(chunk)
    have += chunk.length
    if (have < need) continue
    let rest = Buffer.concat(parts, have)
    need = HEAD
    while (rest.length >= HEAD) {
      const length = rest.readUInt32BE(1)
      if (length > LONGEST) throw new Error(`a frame of ${length} bytes`)
      need = HEAD + length
      if (rest.length < need) break
      yield { kind: rest.readUInt8(0), data: rest.subarray(HEAD, need) }
      rest = rest.subarray(need)
      need = HEAD
    }
    parts = [rest]
    have = rest.length
  }
}
