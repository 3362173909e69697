import { writeTo } from './write.ts'

const REDRAW_MS = 100
const TICK_MS = 1000
/** To the line's beginning, and away with it and what a narrower terminal has made of it. */
const ERASE = '\r\u001b[J'

/** A terminal's columns where it does not tell them. */
const COLUMNS = 80

export type LiveScreen = {
  /** Prints whole lines above the one that lives; without text the line alone is brought up to date. */
  print(text: string): Promise<void>
  /** Takes the line away until the next is due. */
  clear(): void
  /** Takes the line away for good; nothing but whole lines is left. */
  close(): void
}

/**
 * A line at the bottom of what is printed. It is drawn again after events, ten times a second at most, and once a second for
 * what it says of time. The cursor waits at its beginning, so that whatever ends this program leaves no line to clean.
 */
export const liveScreen = (input: {
  readonly stream: NodeJS.WriteStream
  /** The line for so many columns, at most; null for none. */
  readonly line: (columns: number) => string | null
}): LiveScreen => {
  const { stream } = input
  let shown = ''
  let drawnAt = 0
  let closed = false
  let timer: NodeJS.Timeout | undefined

  const drawn = (): string => {
    // The last column stays free: no terminal moves to the next row then.
    shown = input.line((stream.columns || COLUMNS) - 1) ?? ''
    drawnAt = Date.now()
    return shown === '' ? '' : `${shown}\r`
  }
  const erased = (): string => (shown === '' ? '' : ERASE)
  let dueAt = Number.POSITIVE_INFINITY
  const later = (ms: number) => {
    clearTimeout(timer)
    dueAt = Date.now() + ms
    timer = setTimeout(redraw, ms).unref()
  }
  const redraw = () => {
    if (closed) return
    const before = erased()
    if (!stream.writableNeedDrain) stream.write(before + drawn())
    later(TICK_MS)
  }

  const clear = () => {
    if (shown !== '') stream.write(ERASE)
    shown = ''
  }

  stream.on('resize', redraw)
  later(TICK_MS)
  return {
    async print(text) {
      const wait = drawnAt + REDRAW_MS - Date.now()
      if (wait > 0 || closed) {
        if (!closed && drawnAt + REDRAW_MS < dueAt) later(wait)
        if (text === '') return
        const out = erased() + text
        shown = ''
        return await writeTo(stream, out)
      }
      const out = erased() + text + drawn()
      later(TICK_MS)
      if (out !== '') await writeTo(stream, out)
    },
    clear,
    close() {
      closed = true
      clearTimeout(timer)
      stream.off('resize', redraw)
      clear()
    },
  }
}
