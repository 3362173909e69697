import { Terminal } from '@xterm/headless'
import type { TerminalSize } from '../../domain/worker-protocol.ts'
import { limitCounts } from './limit-counts.ts'
import { coreOf } from './xterm-core.ts'

/** Rows above the screen that are kept for who comes later. */
export const HISTORY_ROWS = 1000

/** Erasing all up to the last cell: xterm 6.0 looks for a row behind the last one then, and throws. */
const eraseToLastCell = (terminal: Terminal): void => {
  const { buffers, _inputHandler } = coreOf(terminal)
  const eraseAll = (params: readonly (number | number[])[]): boolean => {
    const { x, y } = buffers.active
    const isLast = params[0] === 1 && x >= terminal.cols - 1 && y + 1 >= terminal.buffer.active.length
    if (isLast) _inputHandler.eraseInDisplay({ params: [2] })
    return isLast
  }
  terminal.parser.registerCsiHandler({ final: 'J' }, eraseAll)
  terminal.parser.registerCsiHandler({ prefix: '?', final: 'J' }, eraseAll)
}

/** xterm without a display. */
export const newTerminal = ({ columns, rows }: TerminalSize, history = HISTORY_ROWS): Terminal => {
  const terminal = new Terminal({ cols: columns, rows, scrollback: history, allowProposedApi: true, logLevel: 'off' })
  eraseToLastCell(terminal)
  limitCounts(terminal)
  return terminal
}
