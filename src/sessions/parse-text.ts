import { extname } from 'node:path'
import { parseToml } from '../config/parse-toml.ts'
import { tomlLines } from '../config/toml-lines.ts'
import { errorMessage } from '../std/error-message.ts'
import { isDeeplyNested } from '../std/nesting.ts'
import { parseYaml } from './parse-yaml.ts'
import type { ParsedText } from './parsed-text.ts'

const toml = (text: string): ParsedText => {
  const read = parseToml(text)
  return read.ok ? { ok: true, root: read.table, lineOf: tomlLines(text) } : read
}

/** The line that an error of JSON.parse names, by itself or by a position; else the last one. */
const lineIn = (message: string, text: string): number => {
  const [, line] = /\(line (\d+) /.exec(message) ?? []
  const [, position = text.length] = /at position (\d+)/.exec(message) ?? []
  return line === undefined ? text.slice(0, Number(position)).trimEnd().split('\n').length : Number(line)
}

const json = (text: string): ParsedText => {
  if (isDeeplyNested(text)) return { ok: false, line: 1, error: 'this is not valid JSON: it is nested too deep' }
  try {
    JSON.parse(text)
  } catch (error) {
    const message = errorMessage(error)
    return { ok: false, line: lineIn(message, text), error: `this is not valid JSON: ${message}` }
  }
  const read = parseYaml(text)
  return read.ok ? read : { ...read, error: read.error.replace('YAML', 'JSON') }
}

const FORMS: Readonly<Record<string, (text: string) => ParsedText>> = {
  '.toml': toml,
  '.yaml': parseYaml,
  '.yml': parseYaml,
  '.json': json,
}

/** Reads a text in the form that the file's name says. */
export const parseText = (text: string, path: string): ParsedText => {
  const parse = FORMS[extname(path).toLowerCase()]
  if (parse !== undefined) return parse(text.replace(/^\uFEFF/, ''))
  return { ok: false, line: 1, error: `the name of a manifest ends in ${Object.keys(FORMS).join(', ')}` }
}
