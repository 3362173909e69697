// biome-ignore-all lint/suspicious/noControlCharactersInRegex: these are what a terminal obeys

/**
 * A piece of what a program writes to a terminal: text, a control character, what follows ESC (`(B`), or what follows CSI
 * (`1;31m`).
 */
export type TerminalPart = { readonly kind: 'text' | 'control' | 'escape' | 'sequence'; readonly text: string }

type State =
  | 'text'
  | 'escape'
  | 'sequence'
  /** A sequence that is too long, up to its last byte. */
  | 'ignored'
  /** OSC, which BEL ends too. */
  | 'command'
  /** DCS, APC, PM, SOS. */
  | 'string'

const OPENINGS: Readonly<Record<string, State>> = {
  '[': 'sequence',
  ']': 'command',
  P: 'string',
  X: 'string',
  '^': 'string',
  _: 'string',
}
/** Controls, and characters that turn or hide text. */
const NO_TEXT =
  /[\x00-\x1f\x7f-\x9f\u061c\u180e\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu
const STRING_END = /[\x07\x18\x1a\x1b\x80-\x9f]/g
const ABORT = /[\x18\x1a]/
const CONTROL = /[\x00-\x1f\x7f]/
const EIGHT_BITS = /[\x80-\x9f]/
const INTERMEDIATE = /[ -/]/
const ASCII = /[\x20-\x7e]/
/** No program needs a longer sequence. */
const LONGEST = 256

/** The next place of a pattern in a text, or its end. */
const nextPlace = (pattern: RegExp, text: string, from: number): number => {
  pattern.lastIndex = from
  return pattern.exec(text)?.index ?? text.length
}

/**
 * Cuts a program's bytes, UTF-8, into whole parts, as terminals do. It drops commands and strings (OSC, DCS, APC, PM, SOS),
 * however long they are, and characters that turn or hide text. Controls of eight bits become those of seven.
 */
export const terminalParser = (take: (part: TerminalPart) => void): ((data: Uint8Array) => void) => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let state: State = 'text'
  let collected = ''

  const enter = (next: State) => {
    state = next
    collected = ''
  }
  const end = (kind: TerminalPart['kind']) => {
    const text = collected
    enter('text')
    take({ kind, text })
  }
  /** Collects, or gives a sequence up that is too long or holds what no sequence has. */
  const collect = (character: string) => {
    collected += character
    if (!ASCII.test(character)) enter('text')
    else if (collected.length > LONGEST) enter('ignored')
  }
  const steps: Readonly<Record<State, (character: string) => void>> = {
    text: () => {},
    escape(character) {
      const opening = collected === '' ? OPENINGS[character] : undefined
      if (opening !== undefined) return enter(opening)
      collect(character)
      if (state === 'escape' && !INTERMEDIATE.test(character)) end('escape')
    },
    sequence(character) {
      collect(character)
      if (state === 'sequence' && character >= '@') end('sequence')
    },
    ignored: (character) => {
      if (character >= '@') enter('text')
    },
    command: (character) => {
      if (character === '\u0007') enter('text')
    },
    string: () => {},
  }
  const isString = () => state === 'command' || state === 'string'
  const step = (character: string) => {
    if (character === '\u001b') enter('escape')
    else if (ABORT.test(character)) enter('text')
    else if (EIGHT_BITS.test(character)) {
      enter('escape')
      steps.escape(String.fromCharCode(character.charCodeAt(0) - 0x40))
    }
    // A terminal obeys a control in the middle of a sequence too.
    else if (CONTROL.test(character) && !isString()) take({ kind: 'control', text: character })
    else steps[state](character)
  }
  /** The place of the next character that is to be looked at by itself. */
  const next = (text: string, from: number): number => {
    if (isString()) return nextPlace(STRING_END, text, from)
    if (state !== 'text') return from
    const place = nextPlace(NO_TEXT, text, from)
    if (place > from) take({ kind: 'text', text: text.slice(from, place) })
    return place
  }

  return (data) => {
    const text = decoder.decode(data, { stream: true })
    for (let place = next(text, 0); place < text.length; ) {
      const character = String.fromCodePoint(text.codePointAt(place) ?? 0)
      step(character)
      place = next(text, place + character.length)
    }
  }
}
