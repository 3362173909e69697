import { INVISIBLE } from './invisible.ts'
import { withoutSequences } from './without-sequences.ts'

const LINE_BREAKS = /[\u2028\u2029]/g
const HIDDEN = new RegExp(String.raw`[\x00-\x08\x0b-\x1f\x7f-\x9f${INVISIBLE}]`, 'gu')

/** What a terminal would show of a line that was written over itself with carriage returns. */
const overwritten = (line: string) =>
  line.includes('\r') ? (line.split('\r').findLast((part) => part !== '') ?? '') : line

/**
 * A stranger's text made safe to print: no escape sequences, control or invisible characters, or changes of direction, so
 * that it cannot move the cursor, hide a line or answer for the user. Newlines stay, tabs become spaces.
 */
export const terminalSafe = (text: string): string =>
  withoutSequences(text.toWellFormed())
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map(overwritten)
    .join('\n')
    .replaceAll('\t', '    ')
    .replace(LINE_BREAKS, ' ')
    .replace(HIDDEN, '')

/** The same on one line. */
export const terminalLine = (text: string): string => terminalSafe(text).replace(/\s+/g, ' ').trim()
