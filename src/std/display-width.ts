import { withoutSequences } from './without-sequences.ts'

/** ASCII, Latin letters, quotation marks and the ellipsis: a column each, and nothing joins. */
const PLAIN = /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u2018-\u201f\u2026]*$/
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u
const NOTHING = /^[\p{Cc}\p{Cf}\p{M}]*$/u

let segmenter: Intl.Segmenter | undefined
/** Made on first need: its tables cost 20 ms of a command's start. */
const segments = (text: string) => {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return segmenter.segment(text)
}

const graphemeWidth = (grapheme: string): number => {
  if (NOTHING.test(grapheme)) return 0
  return WIDE.test(grapheme) ? 2 : 1
}

/** Columns that a text takes on a terminal; escape sequences take none. */
export const displayWidth = (text: string): number => {
  if (PLAIN.test(text)) return text.length
  const shown = withoutSequences(text)
  if (PLAIN.test(shown)) return shown.length
  let width = 0
  for (const { segment } of segments(shown)) width += graphemeWidth(segment)
  return width
}

/** Cuts a text without escape sequences to a number of columns, with an ellipsis where something is missing. */
export const cutToWidth = (text: string, columns: number): string => {
  if (displayWidth(text) <= columns) return text
  if (PLAIN.test(text)) return columns < 1 ? '' : `${text.slice(0, columns - 1)}…`
  let width = 0
  let out = ''
  for (const { segment } of segments(text)) {
    const next = graphemeWidth(segment)
    if (width + next > columns - 1) break
    out += segment
    width += next
  }
  return columns < 1 ? '' : `${out}…`
}
