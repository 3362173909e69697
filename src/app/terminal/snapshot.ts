import type { IBuffer, IBufferCell, Terminal } from '@xterm/headless'
import { rowText } from './row-text.ts'
import { savedSgr, sgr } from './sgr.ts'
import { type Core, coreOf } from './xterm-core.ts'

type CoreBuffer = Core['buffers']['active']
type Modes = Terminal['modes']

const PLAIN = '\x1b[0m'
/** Fills a row to its end, wraps and goes to the beginning of the next row, which then belongs to the first. */
const wrapBehind = (columns: number, wide: boolean): string => (wide ? `\r\x1b[${columns - 1}C\u3000\r\x1b[2X` : ' \r')

const place = (row: number, column: number): string => `\x1b[${row + 1};${column + 1}H`

/** True if the next row was begun because its first character, a wide one, had no place at the end of this one. */
const wrapsWide = (buffer: IBuffer, row: number, columns: number, scratch: IBufferCell): boolean => {
  const line = buffer.getLine(row)
  const last = line?.getCell(columns - 1)
  const isBlank = line !== undefined && last?.getWidth() === 1 && rowText(line, columns - 1, columns, scratch) === ''
  return (
    isBlank &&
    buffer
      .getLine(row + 1)
      ?.getCell(0)
      ?.getWidth() === 2
  )
}

/** All rows from one on, as they would have been printed. */
const rowsText = (buffer: IBuffer, first: number, columns: number, scratch: IBufferCell): string => {
  let text = ''
  for (let row = first; row < buffer.length; row += 1) {
    const line = buffer.getLine(row)
    if (line === undefined) continue
    const isLast = row === buffer.length - 1
    const joins = !isLast && buffer.getLine(row + 1)?.isWrapped === true
    const wide = joins && wrapsWide(buffer, row, columns, scratch)
    text += rowText(line, 0, columns, scratch, joins && !wide)
    if (joins) text += wrapBehind(columns, wide)
    else if (!isLast) text += '\r\n'
  }
  return text
}

/** The letters of the character sets that programs still draw with; a screen knows any other as ASCII. */
const CHARSETS = ['0', 'A'] as const

type Charsets = ReadonlyMap<object, string>

/** xterm's own tables by their letter. */
export const knownCharsets = (scratch: Terminal): Charsets => {
  const core = coreOf(scratch)
  return new Map(
    CHARSETS.flatMap((letter): readonly [object, string][] => {
      core.writeSync(`\x1b(${letter}`)
      const table = core._charsetService._charsets[0]
      return table === undefined ? [] : [[table, letter]]
    }),
  )
}

const letterOf = (known: Charsets, table: object | undefined): string =>
  (table === undefined ? undefined : known.get(table)) ?? 'B'

const SHIFTS = ['\x0f', '\x0e', '\x1bn', '\x1bo'] as const

const charsetsText = ({ _charsetService }: Core, known: Charsets): string => {
  const { glevel, _charsets, charset } = _charsetService
  const set = ['(', ')', '*', '+'].map((slot, at) => {
    const letter = letterOf(known, at === glevel ? charset : _charsets[at])
    return letter === 'B' ? '' : `\x1b${slot}${letter}`
  })
  return `${set.join('')}${glevel === 0 ? '' : SHIFTS[glevel]}`
}

/** Puts the cursor where a buffer's saved one is, with its look, for a command that saves it. */
const toSaved = (buffer: CoreBuffer, known: Charsets, columns: number, rows: number): string => {
  const row = Math.min(Math.max(buffer.savedY - buffer.ybase, 0), rows - 1)
  const letter = letterOf(known, buffer.savedCharset)
  return `${place(row, Math.min(buffer.savedX, columns - 1))}${savedSgr(buffer.savedCurAttrData)}${letter === 'B' ? '' : `\x1b(${letter}`}`
}

const isSaved = (buffer: CoreBuffer): boolean =>
  buffer.savedX > 0 ||
  buffer.savedY > 0 ||
  buffer.savedCharset !== undefined ||
  savedSgr(buffer.savedCurAttrData) !== '\x1b[0m'

const tabsText = ({ tabs }: CoreBuffer, columns: number): string => {
  const stops = Array.from({ length: columns }, (_, column) => column).filter((column) => tabs[column])
  if (stops.length === Math.ceil(columns / 8) && stops.every((column) => column % 8 === 0)) return ''
  return `\x1b[3g${stops.map((column) => `\x1b[${column + 1}G\x1bH`).join('')}`
}

const regionText = ({ scrollTop, scrollBottom }: CoreBuffer, rows: number): string =>
  scrollTop === 0 && scrollBottom === rows - 1 ? '' : `\x1b[${scrollTop + 1};${scrollBottom + 1}r`

const MOUSE = { none: '', x10: '9', vt200: '1000', drag: '1002', any: '1003' } as const
const ENCODINGS: Readonly<Record<string, string>> = { SGR: '1006', SGR_PIXELS: '1016' }
const CURSORS: Readonly<Record<string, number>> = { block: 2, underline: 4, bar: 6 }

const cursorStyle = ({ optionsService: { options } }: Core): string => {
  const steady = CURSORS[options.cursorStyle] ?? 2
  const style = options.cursorBlink ? steady - 1 : steady
  return style === 2 ? '' : `\x1b[${style} q`
}

/** The modes that decide what keys and the mouse send, and how the cursor looks. */
export const inputModes = (terminal: Terminal): string => {
  const core = coreOf(terminal)
  const modes: Modes = terminal.modes
  const encoding = ENCODINGS[core.coreMouseService.activeEncoding]
  return [
    modes.applicationCursorKeysMode ? '\x1b[?1h' : '',
    modes.applicationKeypadMode ? '\x1b=' : '',
    modes.bracketedPasteMode ? '\x1b[?2004h' : '',
    modes.sendFocusMode ? '\x1b[?1004h' : '',
    modes.mouseTrackingMode === 'none' ? '' : `\x1b[?${MOUSE[modes.mouseTrackingMode]}h`,
    encoding === undefined ? '' : `\x1b[?${encoding}h`,
    cursorStyle(core),
    core.coreService.isCursorHidden ? '\x1b[?25l' : '',
  ].join('')
}

/** Where the cursor is; at the end of a row, about to wrap, if the last character was printed there. */
const cursorText = (terminal: Terminal, scratch: IBufferCell): string => {
  const core = coreOf(terminal)
  const { active } = core.buffers
  const top = terminal.modes.originMode ? active.scrollTop : 0
  const row = Math.max(active.y - top, 0)
  if (active.x < terminal.cols) return place(row, active.x)
  const line = terminal.buffer.active.getLine(active.ybase + active.y)
  // It came from the other screen so, or its row was erased.
  if (line !== undefined && rowText(line, 0, terminal.cols, scratch) === '')
    return `${place(row, terminal.cols - 1)} \x1b[1K`
  const width = line?.getCell(terminal.cols - 1)?.getWidth() === 0 ? 2 : 1
  const from = Math.max(terminal.cols - width, 0)
  return `${place(row, from)}${line === undefined ? '' : rowText(line, from, terminal.cols, scratch, true)}`
}

/**
 * What a fresh terminal of the same size is sent to become this one: its rows, and what decides how later output looks.
 * `history`: of the rows above the screen, too.
 */
export const snapshot = (terminal: Terminal, known: Charsets, history: number): string => {
  const core = coreOf(terminal)
  const { cols: columns, rows, buffer } = terminal
  const { normal, alt, active } = core.buffers
  const scratch = buffer.normal.getNullCell()
  const parts = [
    rowsText(buffer.normal, Math.max(normal.ybase - history, 0), columns, scratch),
    tabsText(normal, columns),
  ]
  if (active === alt) {
    parts.push(
      regionText(normal, rows),
      toSaved(normal, known, columns, rows),
      `\x1b[?1049h${PLAIN}\x1b(B\x1b[H\x1b[2J`,
    )
    parts.push(rowsText(buffer.alternate, 0, columns, scratch), tabsText(alt, columns))
  }
  // The other screen keeps the cursor that was saved on it, and has nothing else while nobody sees it.
  else if (isSaved(alt)) parts.push('\x1b[?47h', toSaved(alt, known, columns, rows), `\x1b7${PLAIN}\x1b(B\x1b[?47l`)
  if (isSaved(active)) parts.push(toSaved(active, known, columns, rows), `\x1b7${PLAIN}\x1b(B`)
  parts.push(regionText(active, rows))
  if (terminal.modes.originMode) parts.push('\x1b[?6h')
  const look = sgr(core._inputHandler._curAttrData)
  parts.push(cursorText(terminal, scratch), look === PLAIN ? '' : look, charsetsText(core, known))
  parts.push(core.optionsService.options.convertEol ? '\x1b[20h' : '', terminal.modes.insertMode ? '\x1b[4h' : '')
  parts.push(terminal.modes.reverseWraparoundMode ? '\x1b[?45h' : '', terminal.modes.wraparoundMode ? '' : '\x1b[?7l')
  parts.push(inputModes(terminal))
  return parts.join('')
}
