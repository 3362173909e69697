import { INVISIBLE } from './invisible.ts'

/** A screen of its own, and one that is drawn from its beginning: at the beginning of a write alone. */
const SCREEN = String.raw`^(?:\x1b\[\?1049[hl]|\x1b\[H\x1b\[J)`
const OWN = String.raw`${SCREEN}|\x1b\[[0-9;]{0,20}m|\r\x1b\[J|\x1b\[\?25[hl]|\r$`
const STRANGE = String.raw`[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f${INVISIBLE}]|\r(?!\n)`
const ALL = new RegExp(STRANGE, 'gu')
const ALL_BUT_OWN = new RegExp(`(${OWN})|${STRANGE}`, 'gu')

const written = (character: string) => {
  const code = character.codePointAt(0) ?? 0
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/**
 * A text with every character that a terminal would obey or hide written out, as in `\u001b`, which is JSON too. Newlines
 * and tabs stay. `own`: colours, and the codes of a line or a screen that is drawn again, stay too.
 */
export const terminalVisible = (text: string, { own = false } = {}): string => {
  const whole = text.toWellFormed()
  return own
    ? whole.replace(ALL_BUT_OWN, (found, mine: string | undefined) => mine ?? written(found))
    : whole.replace(ALL, written)
}
