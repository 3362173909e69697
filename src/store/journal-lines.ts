import { readSync } from 'node:fs'

const READ_BYTES = 256 * 1024
const NEWLINE = 10

/** Whole lines of a journal, and the offset at which they begin. */
export type Piece = { readonly bytes: Buffer; readonly offset: number }

/** Bytes from one offset up to another. */
export type Span = readonly [from: number, to: number]

/** Where the last line that ends before `limit` ends: behind its newline, or 0. */
export const lineEnd = (fd: number, limit: number): number => {
  let end = limit
  const buffer = Buffer.alloc(64 * 1024)
  while (end > 0) {
    const start = Math.max(0, end - buffer.length)
    const got = readSync(fd, buffer, 0, end - start, start)
    const at = buffer.subarray(0, got).lastIndexOf(NEWLINE)
    if (at >= 0) return start + at + 1
    end = start
  }
  return 0
}

/**
 * The lines of a span, as many at a time as one read gives. It begins and ends where a line does. Each piece is good
 * until the next is asked for, which is read into the same block.
 */
export function* pieces(fd: number, [from, to]: Span): Generator<Piece> {
  let block = Buffer.allocUnsafe(Math.min(READ_BYTES, to - from))
  for (let offset = from; offset < to; ) {
    const asked = Math.min(block.length, to - offset)
    const got = readSync(fd, block, 0, asked, offset)
    const whole = block.subarray(0, got).lastIndexOf(NEWLINE) + 1
    if (whole > 0) {
      yield { bytes: block.subarray(0, whole), offset }
      offset += whole
    } else if (got < asked || asked === to - offset) return
    else block = Buffer.allocUnsafe(Math.min(2 * block.length, to - offset))
  }
}

/** As `pieces`, the last lines first, each in a block of its own; the lines of one piece stand in their order. */
export function* piecesBack(fd: number, [from, to]: Span): Generator<Piece> {
  let size = READ_BYTES
  for (let end = to; end > from; ) {
    const start = Math.max(from, end - size)
    const buffer = Buffer.allocUnsafe(end - start)
    const got = readSync(fd, buffer, 0, buffer.length, start)
    if (got < buffer.length) return
    // What stands before the first newline began before `start`.
    const cut = start === from ? 0 : buffer.indexOf(NEWLINE) + 1
    if (cut < buffer.length) {
      yield { bytes: buffer.subarray(cut), offset: start + cut }
      end = start + cut
      size = READ_BYTES
    } else size *= 2
  }
}
