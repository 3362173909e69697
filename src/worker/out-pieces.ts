import { isUtf8 } from 'node:buffer'
import { FRAME_BYTES, type FrameBody } from '../domain/worker-protocol.ts'

type Out = Extract<FrameBody, { k: 'out' }>

const BUDGET = FRAME_BYTES - 120
const RAW = Math.floor(BUDGET / 4) * 3

/** Bytes that a byte of UTF-8 takes in a frame; a character's cost stands with its first byte. */
const COST = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0xf0) return 12
  if (byte >= 0xc0) return 6
  if (byte >= 0x80) return 0
  if (byte === 0x22 || byte === 0x5c) return 2
  if (byte >= 0x20) return 1
  return byte === 8 || byte === 9 || byte === 10 || byte === 12 || byte === 13 ? 2 : 6
})

const isContinuation = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80

const textEnd = (bytes: Buffer, from: number): number => {
  let left = BUDGET
  for (let at = from; at < bytes.length; at++) {
    left -= COST[bytes[at] as number] as number
    if (left < 0) return at
  }
  return bytes.length
}

const rawEnd = (bytes: Buffer, from: number): number => {
  const end = Math.min(bytes.length, from + RAW)
  if (end === bytes.length) return end
  for (let at = end; at > end - 4; at--) if (!isContinuation(bytes[at])) return at
  return end
}

const cut = (bytes: Buffer, s: Out['s']): Out[] => {
  const pieces: Out[] = []
  for (let from = 0; from < bytes.length; ) {
    let end = textEnd(bytes, from)
    const text = bytes.subarray(from, end)
    if (isUtf8(text)) {
      pieces.push({ k: 'out', s, d: text.toString('utf8') })
    } else {
      end = Math.min(end, rawEnd(bytes, from))
      pieces.push({ k: 'out', s, b: bytes.subarray(from, end).toString('base64') })
    }
    from = end
  }
  return pieces
}

/** Bytes of the character that this one begins; 1 where it begins none. */
const lengthOf = (first: number): number => {
  if (first >= 0xf0 && first < 0xf5) return 4
  if (first >= 0xe0 && first < 0xf0) return 3
  return first >= 0xc2 && first < 0xe0 ? 2 : 1
}

/** Where an unfinished character begins at the end of the bytes, or their length. */
const openCharacter = (bytes: Buffer): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if (isContinuation(byte)) continue
    return lengthOf(byte) > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}

/** Bytes of one stream as frames that join to the same bytes; a character is never split between two of them. */
export const outPieces = (s: Out['s']) => {
  let held: Buffer = Buffer.alloc(0)
  return {
    push: (chunk: Buffer): readonly Out[] => {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      const end = openCharacter(bytes)
      // A copy, so that three bytes do not keep a whole piece in memory.
      held = Buffer.from(bytes.subarray(end))
      return cut(bytes.subarray(0, end), s)
    },
    end: (): readonly Out[] => {
      const rest = held
      held = Buffer.alloc(0)
      return cut(rest, s)
    },
  }
}
