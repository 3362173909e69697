import { parse, TomlError } from 'smol-toml'
import { firstLine } from '../std/first-line.ts'
import type { Table } from './read-section.ts'

type ParsedToml =
  | { readonly ok: true; readonly table: Table }
  | { readonly ok: false; readonly line: number; readonly error: string; readonly cause: unknown }

/** Reads a TOML text: its table, or the line and the words of the mistake. */
export const parseToml = (toml: string): ParsedToml => {
  try {
    return { ok: true, table: parse(toml) }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const said = firstLine(error.message).replace(/^Invalid TOML document: /, '')
    return { ok: false, line: error.line, error: `this is not valid TOML: ${said}`, cause: error }
  }
}
