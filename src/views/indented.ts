import { terminalSafe } from '../std/terminal-safe.ts'

/** A text of a stranger as lines, the first and the others behind a word of their own. */
export const indented = (text: string, first: string, rest = ' '.repeat(first.length)): readonly string[] =>
  terminalSafe(text)
    .trim()
    .split('\n')
    .map((line, i) => `${i === 0 ? first : rest}${line}`.trimEnd())

/** What a program printed. */
export const outputLines = (text: string, stream: 'stdout' | 'stderr'): readonly string[] =>
  indented(text, stream === 'stderr' ? '  stderr: ' : '  ')
