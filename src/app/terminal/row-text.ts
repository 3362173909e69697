import type { IBufferCell, IBufferLine } from '@xterm/headless'
import { backgroundSgr, sgr } from './sgr.ts'
import type { Look } from './xterm-core.ts'

const PLAIN = '\x1b[0m'

type Cell = IBufferCell & Look
/** `empty`: nobody printed there, so at most its background shows. */
type Piece = { readonly empty: boolean; readonly look: string; readonly text: string }

const isEmpty = (cell: Cell): boolean =>
  cell.getChars() === '' &&
  !cell.isInverse() &&
  cell.getUnderlineStyle() === 0 &&
  !cell.isStrikethrough() &&
  !cell.isOverline()

/** Half of a wide character, of which the other half was overwritten or is not shown. */
const isHalf = (line: IBufferLine, width: number, at: number, to: number): boolean =>
  width === 0 || at + width > to || (width === 2 && line.getCell(at + 1)?.getWidth() !== 0)

/** The cell at a column of a part of a row. */
const pieceAt = (line: IBufferLine, cell: Cell, at: number, from: number, to: number): Piece | undefined => {
  const width = cell.getWidth()
  if (width === 0 && at > from && line.getCell(at - 1)?.getWidth() === 2) return undefined
  if (isEmpty(cell)) return { empty: true, look: backgroundSgr(cell), text: ' ' }
  return { empty: false, look: sgr(cell), text: isHalf(line, width, at, to) ? ' ' : cell.getChars() || ' ' }
}

/** Writes pieces one behind the other. A gap of empty cells is passed over, and has its background set. */
const rowWriter = () => {
  let text = ''
  let look = PLAIN
  let gap = 0
  let gapLook = PLAIN
  const closeGap = () => {
    if (gap === 0) return
    if (gapLook !== look) text += gapLook
    text += gapLook === PLAIN ? `\x1b[${gap}C` : `\x1b[${gap}X\x1b[${gap}C`
    look = gapLook
    gap = 0
  }
  return {
    skip(background: string): void {
      if (gapLook !== background) closeGap()
      gapLook = background
      gap += 1
    },
    print(piece: Piece): void {
      closeGap()
      if (piece.look !== look) text += piece.look
      look = piece.look
      text += piece.text
    },
    end(): string {
      // What is plain to the row's end is so already.
      if (gapLook !== PLAIN) closeGap()
      return look === PLAIN ? text : `${text}${PLAIN}`
    },
  }
}

/**
 * The cells of a part of a row as text for an empty row of a terminal, the cursor at its beginning. `last`: the last cell is
 * printed even if it is empty, so that the cursor is about to wrap.
 */
export const rowText = (line: IBufferLine, from: number, to: number, scratch: IBufferCell, last = false): string => {
  const row = rowWriter()
  for (let at = from; at < to; at += 1) {
    const cell = line.getCell(at, scratch) as Cell | undefined
    const piece = cell === undefined ? undefined : pieceAt(line, cell, at, from, to)
    if (piece === undefined) continue
    if (piece.empty && !(last && at === to - 1)) row.skip(piece.look)
    else row.print(piece)
  }
  return row.end()
}
