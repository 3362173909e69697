import { TERMINAL_SEQUENCES, type TerminalSequence } from '../../src/std/terminal-sequences.ts'

const passesWords = ({ passes }: TerminalSequence): string => {
  if (passes === null) return 'no'
  if (passes.kind === 'reset') return 'undone'
  return passes.kind === 'mode' && passes.input === true ? 'yes, but not with `--read-only`' : 'yes'
}

/** The table of `docs/terminal.md`. */
export const terminalTable = (): string =>
  [
    ['Sequence', 'What it does', 'Passes', 'Why not'],
    ['---', '---', '---', '---'],
    ...TERMINAL_SEQUENCES.map((row) => [row.written, row.does, passesWords(row), row.why ?? '']),
  ]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n')
