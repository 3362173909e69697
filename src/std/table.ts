import { cutToWidth, displayWidth } from './display-width.ts'

export type Column = {
  readonly title: string
  /** Takes the loss where the table is wider than the terminal; of several the widest first. */
  readonly flexible?: boolean
  readonly align?: 'left' | 'right'
  /** Called with the padded cell, to colour it. */
  readonly style?: (cell: string, row: number) => string
}

const GAP = '  '
const NARROWEST = 8

const squeeze = (columns: readonly Column[], widths: readonly number[], total: number): readonly number[] => {
  const out = [...widths]
  let over = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1) - total
  for (; over > 0; over -= 1) {
    const flexible = out.map((width, i) => (columns[i]?.flexible ? width : 0))
    const widest = Math.max(...flexible)
    if (widest <= NARROWEST) break
    out[flexible.indexOf(widest)] = widest - 1
  }
  return out
}

/** Lines of a table with a title row, columns by display width; `width`: the terminal's columns, none to never cut. */
export const table = (
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: { readonly width?: number } = {},
): readonly string[] => {
  const titles = columns.map((column) => column.title)
  const natural = columns.map((_, i) => Math.max(...[titles, ...rows].map((row) => displayWidth(row[i] ?? ''))))
  const widths = options.width === undefined ? natural : squeeze(columns, natural, options.width)
  const line = (row: readonly string[], index: number) =>
    columns
      .map((column, i) => {
        const cell = cutToWidth(row[i] ?? '', widths[i] ?? 0)
        const pad = ' '.repeat(Math.max(0, (widths[i] ?? 0) - displayWidth(cell)))
        const last = i === columns.length - 1 && column.align !== 'right'
        const padded = column.align === 'right' ? pad + cell : last ? cell : cell + pad
        return index < 0 || column.style === undefined ? padded : column.style(padded, index)
      })
      .join(GAP)
      .trimEnd()
  return [line(titles, -1), ...rows.map(line)]
}
