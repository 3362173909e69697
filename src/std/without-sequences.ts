// biome-ignore-all lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
// What ends a text that a terminal takes for itself; it cannot go on in another line.
const TEXT_END = /\x07|\x9c|\x1b\\|\n/g
const BEGINS_TEXT = /[\]PX^_]/
/** A sequence with its last byte, at a place: `ESC [ 3 1 m`, `ESC ( B`, `ESC M`. */
const SEQUENCE = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]/y
const CONTROL = /[\x1b\x90\x98\x9b\x9d-\x9f]/g
const TEXT_CONTROLS = '\x90\x98\x9d\x9e\x9f'

const lengthOfSequence = (text: string, place: number): number => {
  SEQUENCE.lastIndex = place
  return SEQUENCE.test(text) ? SEQUENCE.lastIndex - place : 1
}

/** Where a terminal's own text ends that begins before a place; -1: it does not, as at the end of its line. */
const textEnds = (text: string): ((place: number) => number) => {
  /** The next end, looked for once for all that begin before it. */
  let end = { at: -1, to: -1 }
  return (place) => {
    if (end.at >= place) return end.to
    TEXT_END.lastIndex = place
    const found = TEXT_END.exec(text)
    if (found === null) end = { at: Number.POSITIVE_INFINITY, to: -1 }
    else end = { at: found.index, to: found[0] === '\n' ? -1 : TEXT_END.lastIndex }
    return end.to
  }
}

/** A text without escape sequences. Every character is looked at a few times at most: agents write what takes longest. */
export const withoutSequences = (text: string): string => {
  let out = ''
  let from = 0
  const endBehind = textEnds(text)
  /** What opens a terminal's own text; 0 where none begins. */
  const opening = (place: number): number => {
    if (TEXT_CONTROLS.includes(text[place] ?? '')) return 1
    return text[place] === '\x1b' && BEGINS_TEXT.test(text[place + 1] ?? '') ? 2 : 0
  }
  const lengthAt = (place: number): number => {
    const begins = opening(place)
    if (begins === 0) return lengthOfSequence(text, place)
    const to = endBehind(place + begins)
    return to < 0 ? begins : to - place
  }
  CONTROL.lastIndex = 0
  for (let found = CONTROL.exec(text); found !== null; found = CONTROL.exec(text)) {
    out += text.slice(from, found.index)
    from = found.index + lengthAt(found.index)
    CONTROL.lastIndex = from
  }
  return from === 0 ? text : out + text.slice(from)
}
