import { type Parsed, parsed, unparsed } from '../std/parsed.ts'

/** What holds where nobody sets other ones. */
export const DETACH_KEYS = 'ctrl-p,ctrl-q'
export const DETACH_KEYS_FORM = 'keys with commas between them, each a letter or ctrl- with one of a-z @ [ \\ ] ^ _'

/** The byte that a terminal sends for a key. */
const byteOf = (key: string): number | undefined => {
  const [, control] = /^ctrl-([a-z@[\\\]^_])$/.exec(key) ?? []
  if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f
  return /^[A-Za-z]$/.test(key) ? key.charCodeAt(0) : undefined
}

/** Reads detach keys as Docker writes them, such as `ctrl-p,ctrl-q`: the bytes that a terminal sends for them. */
export const parseDetachKeys = (text: string): Parsed<readonly number[]> => {
  const keys = text.split(',')
  const bytes = keys.map(byteOf)
  const wrong = keys.find((_, at) => bytes[at] === undefined)
  if (wrong !== undefined) return unparsed(`"${wrong.slice(0, 80)}" is no key: write ${DETACH_KEYS_FORM}`)
  return parsed(bytes as readonly number[])
}
