const [LF, CR] = [10, 13]

/** Takes an HTTP body in chunks apart, by the bytes as they come: no copy is made of what they hold. */
export const chunkedBody = () => {
  /** Bytes of the chunk under way that are still to come. */
  let left = 0
  /** The line before a chunk, as far as it has come. */
  let line = ''
  let last = false
  let whole = false
  /** An empty line ends a chunk, or all of them; any other begins one. */
  const endLine = () => {
    if (line === '') whole = last
    else if (!last) {
      left = Number.parseInt(line, 16)
      if (Number.isNaN(left)) throw new Error(`the supervisor's answer has no chunk at ${JSON.stringify(line)}`)
      last = left === 0
    }
    line = ''
  }
  return {
    /** The body has come to its end. */
    get whole() {
      return whole
    },
    /** Where between `at` and `end` the next bytes of the body stand; undefined where there are no more. */
    next(bytes: Buffer, at: number, end: number): readonly [from: number, to: number] | undefined {
      let place = at
      while (place < end && !whole) {
        if (left > 0) {
          const to = Math.min(end, place + left)
          left -= to - place
          return [place, to]
        }
        const byte = bytes[place] ?? LF
        place += 1
        if (byte === LF) endLine()
        else if (byte !== CR) line += String.fromCharCode(byte)
      }
      return undefined
    },
  }
}
