import { terminalSafe } from '../std/terminal-safe.ts'

const HEAD = 4
const TAIL = 8
const LONGEST = 300

/** A pattern for them would look at each of many newlines from each of them. */
const withoutLastNewlines = (text: string): string => {
  let end = text.length
  while (end > 0 && text[end - 1] === '\n') end -= 1
  return text.slice(0, end)
}
const cut = (line: string) => (line.length > LONGEST ? `${line.slice(0, LONGEST).toWellFormed()}...` : line)

/** A tool's output short enough for a person: its first and last lines, indented. */
export const toolOutput = (output: string): readonly string[] => {
  const lines = withoutLastNewlines(terminalSafe(output)).split('\n')
  if (lines.length === 1 && lines[0] === '') return []
  const left = lines.length - HEAD - TAIL
  const shown = left > 1 ? [...lines.slice(0, HEAD), `[${left} lines more]`, ...lines.slice(-TAIL)] : lines
  return shown.map((line) => `    ${cut(line)}`.trimEnd())
}
