const NEWLINE = 10

/** The longest beginning of at most `max` bytes that does not end inside a UTF-8 character. */
const wholeCharacters = (bytes: Buffer, max: number): Buffer => {
  if (bytes.length <= max) return bytes
  let end = max
  while (end > 0 && max - end < 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return bytes.subarray(0, end)
}

export type LineSplitter = {
  /** Lines that this piece completes, without their newline. */
  push(chunk: Uint8Array): readonly string[]
  /** What is left without a newline at the end of the stream. */
  end(): readonly string[]
}

/**
 * Turns pieces of bytes into lines of text. A line over `maxBytes` is cut there and its rest skipped, so memory stays
 * bounded; the time is linear in the bytes however they are cut into pieces. Bytes that are no UTF-8 become U+FFFD.
 */
export const lineSplitter = (maxBytes: number): LineSplitter => {
  let held = Buffer.alloc(0)
  let size = 0
  let open = false

  const keep = (piece: Buffer) => {
    open = true
    // One byte more than the cap is kept, to see whether the cut falls inside a character.
    const taken = Math.min(piece.length, maxBytes + 1 - size)
    if (taken <= 0) return
    if (size + taken > held.length) {
      const grown = Buffer.alloc(Math.min(maxBytes + 1, Math.max(1024, (size + taken) * 2)))
      held.copy(grown, 0, 0, size)
      held = grown
    }
    piece.copy(held, size, 0, taken)
    size += taken
  }
  const text = (bytes: Buffer) => wholeCharacters(bytes, maxBytes).toString('utf8')
  const take = (): string => {
    const line = text(held.subarray(0, size))
    size = 0
    open = false
    return line
  }

  return {
    push: (chunk) => {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      const lines: string[] = []
      let start = 0
      for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, start)) {
        const piece = bytes.subarray(start, at)
        start = at + 1
        if (open) {
          keep(piece)
          lines.push(take())
        } else {
          lines.push(text(piece))
        }
      }
      if (start < bytes.length) keep(bytes.subarray(start))
      return lines
    },
    end: () => (open ? [take()] : []),
  }
}
