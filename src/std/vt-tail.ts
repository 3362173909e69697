/** Of an unfinished string, such as a title: what of it is kept. */
const KEPT_BYTES = 4096
const ESC = 0x1b
/** Begins a string that every terminal takes in and forgets, up to the string's own end. */
const FORGOTTEN = { osc: Buffer.from('\x1b]7777;'), other: Buffer.from('\x1bX') } as const

type State = 'ground' | 'escape' | 'intermediate' | 'csi' | 'osc' | 'dcs-head' | 'dcs' | 'text'

/** Where a final byte of an escape sequence leads. */
const OPENS: ReadonlyMap<number, State> = new Map([
  [0x5b, 'csi'],
  [0x5d, 'osc'],
  [0x50, 'dcs-head'],
  [0x58, 'text'],
  [0x5e, 'text'],
  [0x5f, 'text'],
])
/** The same in one character of C1, of which this is the second byte of its UTF-8. */
const C1_OPENS: ReadonlyMap<number, State> = new Map([
  [0x9b, 'csi'],
  [0x9d, 'osc'],
  [0x90, 'dcs-head'],
  [0x98, 'text'],
  [0x9e, 'text'],
  [0x9f, 'text'],
])

const isCancel = (byte: number) => byte === 0x18 || byte === 0x1a

/** The state after an ASCII byte of an escape sequence's head. */
const afterEscape = (state: 'escape' | 'intermediate', byte: number): State => {
  if (byte < 0x20 || byte === 0x7f) return state
  if (byte < 0x30) return 'intermediate'
  return state === 'escape' ? (OPENS.get(byte) ?? 'ground') : 'ground'
}

const afterAscii = (state: State, byte: number): State => {
  if (isCancel(byte)) return 'ground'
  if (byte === ESC) return 'escape'
  if (state === 'escape' || state === 'intermediate') return afterEscape(state, byte)
  if (byte >= 0x40 && byte < 0x7f && (state === 'csi' || state === 'dcs-head'))
    return state === 'csi' ? 'ground' : 'dcs'
  return state === 'osc' && byte === 0x07 ? 'ground' : state
}

/** The state after a character above ASCII; `c1`: its second byte, if it is a control character. */
const afterOther = (state: State, c1: number | null): State => {
  if (c1 !== null) return C1_OPENS.get(c1) ?? 'ground'
  return state === 'osc' || state === 'dcs' ? state : 'ground'
}

const lengthOf = (lead: number): number => {
  if (lead >= 0xc2 && lead < 0xe0) return 2
  if (lead >= 0xe0 && lead < 0xf0) return 3
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0
}

/**
 * Knows the unfinished end of a terminal's output: a character or a control sequence of which the rest is still to come.
 * Whoever joins at a screen that shows all finished output needs these bytes first.
 */
export const vtTail = () => {
  let state: State = 'ground'
  let kept: number[] = []
  let cut = false
  /** Bytes of a character that has begun. */
  let character: number[] = []

  const settle = (next: State, bytes: readonly number[], restarts: boolean) => {
    state = next
    if (next === 'ground' || restarts) {
      kept = []
      cut = false
    }
    if (next === 'ground') return
    if (kept.length + bytes.length > KEPT_BYTES) cut = true
    if (!cut) kept.push(...bytes)
  }
  const other = (bytes: readonly number[]) => {
    const c1 = bytes.length === 2 && bytes[0] === 0xc2 && (bytes[1] ?? 0) < 0xa0 ? (bytes[1] ?? 0) : null
    const next = afterOther(state, c1)
    settle(next, bytes, c1 !== null && C1_OPENS.has(c1))
  }
  const take = (byte: number) => {
    if (character.length > 0 && byte >= 0x80 && byte < 0xc0) {
      character.push(byte)
      if (character.length === lengthOf(character[0] ?? 0)) {
        other(character)
        character = []
      }
      return
    }
    character = []
    if (byte < 0x80) settle(afterAscii(state, byte), [byte], byte === ESC)
    else if (lengthOf(byte) > 0) character = [byte]
  }
  return {
    push(bytes: Uint8Array): void {
      let at = 0
      while (at < bytes.length) {
        // Nearly all output is plain text.
        if (state === 'ground' && character.length === 0)
          while (at < bytes.length && bytes[at] !== ESC && (bytes[at] as number) < 0x80) at += 1
        if (at < bytes.length) take(bytes[at] as number)
        at += 1
      }
    },
    /** The unfinished end. Of a very long string, the beginning of another one that has the same end. */
    tail(): Buffer {
      const sequence = cut ? FORGOTTEN[state === 'osc' ? 'osc' : 'other'] : Buffer.from(kept)
      return Buffer.concat([sequence, Buffer.from(character)])
    },
  }
}
