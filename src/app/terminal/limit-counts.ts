import type { Terminal } from '@xterm/headless'
import { LARGEST_NUMBER } from '../../std/terminal-filter.ts'
import { coreOf } from './xterm-core.ts'

/** How often the last character is repeated at most: as often as the user's terminal does, and less if it has many marks. */
const mostRepeats = ({ buffer: { active } }: Terminal): number => {
  const row = active.getLine(active.baseY + active.cursorY)
  const units = row?.getCell(Math.max(active.cursorX - 1, 0))?.getChars().length ?? 1
  return Math.max(1, Math.floor(LARGEST_NUMBER / Math.max(units, 1)))
}
const columns = ({ cols }: Terminal): number => cols
const rows = ({ rows }: Terminal): number => rows

/** By its last letter: xterm's name for a command that it does as often as it is told, and from where on that changes nothing. */
const COUNTED = {
  b: ['repeatPrecedingCharacter', mostRepeats],
  I: ['cursorForwardTab', columns],
  Z: ['cursorBackwardTab', columns],
  L: ['insertLines', rows],
  M: ['deleteLines', rows],
  S: ['scrollUp', rows],
  T: ['scrollDown', rows],
} as const

/** A dozen bytes may ask for two thousand million lines, and xterm would be busy with them for minutes. */
export const limitCounts = (terminal: Terminal): void => {
  const { _inputHandler } = coreOf(terminal)
  for (const [final, [name, mostOf]] of Object.entries(COUNTED))
    terminal.parser.registerCsiHandler({ final }, ([count = 1]) => {
      const most = mostOf(terminal)
      if (typeof count !== 'number' || count <= most) return false
      return _inputHandler[name]({ params: [most] })
    })
}
