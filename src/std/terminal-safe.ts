import { stripVTControlCharacters } from 'node:util'

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** What a terminal would show of a line that was written over itself with carriage returns. */
const overwritten = (line: string) =>
  line.includes('\r') ? (line.split('\r').findLast((part) => part !== '') ?? '') : line

/**
 * A stranger's text made safe to print: no escape sequences, control characters or changes of direction, so that it
 * cannot move the cursor, hide a line or answer for the user. Newlines stay, tabs become spaces.
 */
export const terminalSafe = (text: string): string =>
  stripVTControlCharacters(text.toWellFormed())
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map(overwritten)
    .join('\n')
    .replaceAll('\t', '    ')
    .replace(CONTROL, '')

/** The same on one line. */
export const terminalLine = (text: string): string => terminalSafe(text).replace(/\s+/g, ' ').trim()
