/** A usage object or a model's name that is longer than this is of no known API. */
const LONGEST = 8 * 1024
const LONGEST_KEY = 24
/** Keys are known down to here: a list, an envelope, the usage. */
const LEVELS = 4

const USAGE = new Set(['usage', 'usageMetadata'])
const MODEL = new Set(['model', 'modelVersion'])
/** What APIs wrap an answer in, in an event of its stream. */
const ENVELOPES = new Set(['response', 'message'])
const DATA = Buffer.from('data:')

const [NEWLINE, QUOTE, COMMA, COLON, BACKSLASH] = [10, 34, 44, 58, 92] as const
const [LIST, LIST_END, OBJECT, OBJECT_END] = [91, 93, 123, 125] as const

/** Where in a JSON text one is: how deep, below which keys. */
const jsonPlace = () => {
  const keys: string[] = Array.from({ length: LEVELS }, () => '')
  const word = Buffer.alloc(LONGEST_KEY)
  let wordSize = 0
  let list = 0
  let depth = 0
  return {
    get depth() {
      return depth
    },
    reset: () => {
      depth = 0
      keys.fill('')
    },
    open: (byte: number) => {
      if (depth === 0) list = byte === LIST ? 1 : 0
      depth += 1
      if (depth < LEVELS) keys[depth] = ''
    },
    close: () => {
      depth = Math.max(0, depth - 1)
    },
    quote: () => {
      wordSize = 0
    },
    letter: (byte: number) => {
      if (wordSize < LONGEST_KEY) word[wordSize++] = byte
    },
    colon: () => {
      if (depth < LEVELS) keys[depth] = word.toString('latin1', 0, wordSize)
    },
    comma: () => {
      if (depth < LEVELS) keys[depth] = ''
    },
    /** Whether a value that begins here is the answer's own of such a name: not what a tool's input or the like calls so. */
    isAt: (names: ReadonlySet<string>) => {
      if (depth >= LEVELS || !names.has(keys[depth] ?? '')) return false
      return depth - list === 1 || (depth - list === 2 && ENVELOPES.has(keys[depth - 1] ?? ''))
    },
  }
}

/** What is found: JSON texts, a usage object or a model's name in its quotes. */
export type Found = { usage(json: string): void; model(json: string): void }

/** Finds in JSON texts what is asked for, a byte at a time: it keeps the place and the value in hand, never the answer. */
const jsonScanner = (found: Found) => {
  const place = jsonPlace()
  let held: Buffer | null = null
  /** Bytes held of the value in hand; -1: none is. */
  let size = -1
  let isName = false
  let level = 0
  let inString = false
  let escaped = false

  const hold = (byte: number) => {
    held ??= Buffer.alloc(LONGEST)
    if (size < LONGEST) held[size++] = byte
    else size = -1
  }
  const begin = (byte: number, name: boolean) => {
    size = 0
    isName = name
    level = place.depth
    hold(byte)
  }
  const tell = (name: boolean) => {
    if (size < 0 || isName !== name) return
    found[name ? 'model' : 'usage'](held?.toString('utf8', 0, size) ?? '')
    size = -1
  }
  const open = (byte: number) => {
    if (byte === OBJECT && size < 0 && place.isAt(USAGE)) begin(byte, false)
    place.open(byte)
  }
  const close = () => {
    place.close()
    if (place.depth === level) tell(false)
  }
  const quote = (byte: number) => {
    if (size < 0 && place.isAt(MODEL)) begin(byte, true)
    inString = true
    place.quote()
  }
  const inText = (byte: number) => {
    if (escaped) escaped = false
    else if (byte === BACKSLASH) escaped = true
    else if (byte === QUOTE) inString = false
    if (inString) place.letter(byte)
    else tell(true)
  }
  const betweenTexts = (byte: number) => {
    if (byte === OBJECT || byte === LIST) open(byte)
    else if (byte === OBJECT_END || byte === LIST_END) close()
    else if (byte === COLON) place.colon()
    else if (byte === COMMA) place.comma()
    else if (byte === QUOTE && place.depth > 0) quote(byte)
  }
  return {
    take: (byte: number) => {
      if (size >= 0) hold(byte)
      if (inString) inText(byte)
      else betweenTexts(byte)
    },
    reset: () => {
      place.reset()
      size = -1
      inString = false
      escaped = false
    },
  }
}

/**
 * Hands over the usage objects of an answer, and the names of its model, as its bytes come, however they are cut into pieces:
 * of a JSON text, or of a stream of events with a JSON text in each `data:` line.
 */
export const usageScanner = (events: boolean, found: Found): ((chunk: Uint8Array) => void) => {
  const json = jsonScanner(found)
  let column = 0
  let skipped = false
  const newLine = () => {
    json.reset()
    column = 0
    skipped = false
  }
  return (chunk) => {
    for (const byte of chunk) {
      if (events && byte === NEWLINE) newLine()
      else if (events && column < DATA.length) {
        skipped ||= byte !== DATA[column]
        column += 1
      } else if (!skipped) json.take(byte)
    }
  }
}
