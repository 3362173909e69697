import { MOST_CELLS, type TerminalSize } from '../domain/worker-protocol.ts'

const isSide = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_CELLS

/** A terminal's size; undefined for what is none. */
export const toSize = (value: unknown): TerminalSize | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  const { columns, rows } = value as Readonly<Record<string, unknown>>
  return isSide(columns) && isSide(rows) ? { columns, rows } : undefined
}

/** The payload of a frame `resize`. */
export const readSize = (json: Buffer): TerminalSize | undefined => {
  try {
    return toSize(JSON.parse(json.toString()))
  } catch {
    return undefined
  }
}
