import { terminalSafe } from '../std/terminal-safe.ts'

const HEAD = 4
const TAIL = 8
const LONGEST = 300

const cut = (line: string) => (line.length > LONGEST ? `${line.slice(0, LONGEST).toWellFormed()}...` : line)

/** A tool's output short enough for a person: its first and last lines, indented. */
export const toolOutput = (output: string): readonly string[] => {
  const lines = terminalSafe(output).replace(/\n+$/, '').split('\n')
  if (lines.length === 1 && lines[0] === '') return []
  const left = lines.length - HEAD - TAIL
  const shown = left > 1 ? [...lines.slice(0, HEAD), `[${left} lines more]`, ...lines.slice(-TAIL)] : lines
  return shown.map((line) => `    ${cut(line)}`.trimEnd())
}
