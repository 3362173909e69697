import { parse, TomlError } from 'smol-toml'
import { firstLine } from '../std/first-line.ts'
import { fileMistake, type Table } from './read-section.ts'

/** Reads a TOML text. BerthError config-invalid with the line of the mistake. */
export const parseTable = (toml: string, path: string): Table => {
  try {
    return parse(toml)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const said = firstLine(error.message).replace(/^Invalid TOML document: /, '')
    throw fileMistake(path, error.line, `this is not valid TOML: ${said}`, error)
  }
}
