import { parseToml } from './parse-toml.ts'
import { fileMistake, type Table } from './read-section.ts'

/** Reads a TOML text. BerthError config-invalid with the line of the mistake. */
export const parseTable = (toml: string, path: string): Table => {
  const read = parseToml(toml)
  if (read.ok) return read.table
  throw fileMistake(path, read.line, read.error, read.cause)
}
