// A file of its own in dist/: most supervisors never show a terminal, and start without it.
import type { Terminal } from '@xterm/headless'
import type { TerminalSize } from '../../domain/worker-protocol.ts'
import { vtTail } from '../../std/vt-tail.ts'
import { HISTORY_ROWS, newTerminal } from './new-terminal.ts'
import { rowText } from './row-text.ts'
import { inputModes, knownCharsets, snapshot } from './snapshot.ts'
import { coreOf } from './xterm-core.ts'

/** A screen as it can be made again: `text` for a fresh terminal of that size, then `rest`, and what the parser knows. */
export type SavedScreen = TerminalSize & { readonly text: string; readonly rest: string; readonly join: number }

/** A part of a screen that fits into a smaller one; `modes` decides what keys and the mouse send. */
export type ScreenPart = {
  readonly rows: readonly string[]
  readonly cursor: { readonly row: number; readonly column: number }
  readonly modes: string
}

/** The first row or column that is shown of a longer side, so that the cursor is seen. */
const offset = (cursor: number, shown: number): number => Math.max(0, cursor - shown + 1)

const partOf = (terminal: Terminal, size: TerminalSize): ScreenPart => {
  const { active } = terminal.buffer
  const scratch = active.getNullCell()
  const column = Math.min(active.cursorX, terminal.cols - 1)
  const top = offset(active.cursorY, size.rows)
  const left = offset(column, size.columns)
  const rows = Array.from({ length: Math.min(size.rows, terminal.rows) }, (_, row) => {
    const line = active.getLine(active.baseY + top + row)
    return line === undefined ? '' : rowText(line, left, Math.min(left + size.columns, terminal.cols), scratch)
  })
  return { rows, cursor: { row: active.cursorY - top, column: column - left }, modes: inputModes(terminal) }
}

let known: ReturnType<typeof knownCharsets> | undefined
const charsets = () => {
  known ??= knownCharsets(newTerminal({ columns: 2, rows: 1 }))
  return known
}

/**
 * The screen of a terminal that nobody sees: it takes a program's output and answers its queries, as a terminal does.
 * `answer` gets what it says.
 */
export const openScreen = (from: TerminalSize | SavedScreen, answer: (text: string) => void) => {
  const terminal = newTerminal(from)
  const core = coreOf(terminal)
  const tail = vtTail()
  const write = (bytes: Uint8Array) => {
    tail.push(bytes)
    core.writeSync(bytes)
  }
  if ('text' in from) {
    core.writeSync(from.text)
    core._inputHandler._parser.precedingJoinState = from.join
    write(Buffer.from(from.rest, 'base64'))
  }
  terminal.onData(answer)
  return {
    get size(): TerminalSize {
      return { columns: terminal.cols, rows: terminal.rows }
    },
    write,
    resize: ({ columns, rows }: TerminalSize): void => terminal.resize(columns, rows),
    /** For a fresh terminal of this size; output goes on behind it. */
    snapshot: (history: boolean): Buffer =>
      Buffer.concat([Buffer.from(snapshot(terminal, charsets(), history ? HISTORY_ROWS : 0)), tail.tail()]),
    /** True if the output ends within a character or a control sequence. */
    isWithin: (): boolean => tail.tail().length > 0,
    part: (size: TerminalSize): ScreenPart => partOf(terminal, size),
    save: (): SavedScreen => ({
      columns: terminal.cols,
      rows: terminal.rows,
      text: snapshot(terminal, charsets(), HISTORY_ROWS),
      rest: tail.tail().toString('base64'),
      join: core._inputHandler._parser.precedingJoinState,
    }),
    close: (): void => terminal.dispose(),
  }
}

export type Screen = ReturnType<typeof openScreen>
