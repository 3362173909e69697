import { type Place, tomlPlaces } from './toml-lines.ts'

type Value = string | number | boolean | readonly Value[]

const text = (word: string): string => JSON.stringify(word).replaceAll('\x7f', '\\u007f')

const tomlValue = (value: Value): string => {
  if (typeof value === 'string') return text(value)
  return typeof value === 'object' ? `[${value.map(tomlValue).join(', ')}]` : String(value)
}

const tomlKey = (path: readonly string[]): string =>
  path.map((word) => (/^[\w-]+$/.test(word) ? word : text(word))).join('.')

/** Where the text in quotes that begins at `at` ends. */
const quotedEnd = (toml: string, at: number): number => {
  const quote = toml[at] ?? ''
  const mark = toml.startsWith(quote.repeat(3), at) ? quote.repeat(3) : quote
  let position = at + mark.length
  while (position < toml.length && !toml.startsWith(mark, position))
    position += quote === '"' && toml[position] === '\\' ? 2 : 1
  position += mark.length
  // Up to two quotes may stand right before the closing ones.
  while (mark.length === 3 && toml[position] === quote) position += 1
  return Math.min(position, toml.length)
}

const lineEnd = (toml: string, at: number): number => {
  const end = toml.indexOf('\n', at)
  return end < 0 ? toml.length : end
}

/** Where the text, the comment or the letter at `at` ends. */
const partEnd = (toml: string, at: number): number => {
  const letter = toml[at]
  if (letter === '"' || letter === "'") return quotedEnd(toml, at)
  return letter === '#' ? lineEnd(toml, at) : at + 1
}

const DEPTH: Readonly<Record<string, number>> = { '[': 1, '{': 1, ']': -1, '}': -1 }

/** Where the value that begins at `at` ends; white space and a comment behind it do not belong to it. */
const valueEnd = (toml: string, at: number): number => {
  let depth = 0
  let end = at
  let position = at
  while (position < toml.length) {
    const letter = toml[position] ?? ''
    if (depth === 0 && (letter === '\n' || letter === '#')) break
    depth += DEPTH[letter] ?? 0
    position = partEnd(toml, position)
    if (letter.trim() !== '') end = position
  }
  return end
}

const lineStart = (toml: string, line: number): number => {
  let at = 0
  for (let passed = 1; passed < line; passed += 1) at = toml.indexOf('\n', at) + 1
  return at
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i])

type Key = Place & { readonly value: number }
const isKey = (place: Place): place is Key => place.value !== null

/** The place of a key's value: from the first letter to the last. */
const spanOf = (toml: string, { line, value }: Key): readonly [number, number] => {
  const column = lineStart(toml, line) + value
  const at = column + (/^[ \t]*/.exec(toml.slice(column))?.[0].length ?? 0)
  return [at, valueEnd(toml, at)]
}

/** Puts a line behind the line that `at` is in. */
const insertAfter = (toml: string, at: number, line: string): string => {
  const end = lineEnd(toml, at)
  return `${toml.slice(0, end)}\n${line}${toml.slice(end)}${end === toml.length ? '\n' : ''}`
}

/** Puts a key where the top of the file ends: before the first header and the comments right above it. */
const insertOnTop = (toml: string, places: readonly Place[], line: string): string => {
  const first = places.find((place) => !isKey(place))
  if (first === undefined) return toml === '' || toml.endsWith('\n') ? `${toml}${line}\n` : `${toml}\n${line}\n`
  const lines = toml.split('\n')
  let at = first.line - 1
  while (at > 0 && lines[at - 1]?.startsWith('#')) at -= 1
  return [...lines.slice(0, at), line, '', ...lines.slice(at)].join('\n')
}

const append = (toml: string, lines: readonly string[]): string => {
  const before = toml.trimEnd()
  return `${before}${before === '' ? '' : '\n\n'}${lines.join('\n')}\n`
}

const tableAt = ({ line }: Place, path: readonly string[]): Error =>
  new Error(`line ${line} begins the table ${tomlKey(path)}: name one of its keys`)

/** Throws where the path leads into a value that is written on one line. */
const refuseInside = (places: readonly Place[], path: readonly string[]): void => {
  const outer = places.find((place) => isKey(place) && same(place.path, path.slice(0, place.path.length)))
  if (outer !== undefined)
    throw new Error(`line ${outer.line} has ${tomlKey(outer.path)} as one value: change it with \`berth config edit\``)
}

/**
 * The TOML text without a key, its value and the comment behind it; null if the text does not have the key. All other
 * lines stay as they are. Throws Error with a sentence for a table, and for a key inside a value on one line.
 */
export const unsetInToml = (toml: string, path: readonly string[]): string | null => {
  const places = tomlPlaces(toml)
  const own = places.find((place) => same(place.path, path))
  if (own === undefined) {
    refuseInside(places, path)
    const table = places.find((place) => same(place.path.slice(0, path.length), path))
    if (table !== undefined) throw tableAt(table, path)
    return null
  }
  if (!isKey(own)) throw tableAt(own, path)
  return toml.slice(0, lineStart(toml, own.line)) + toml.slice(lineEnd(toml, spanOf(toml, own)[1]) + 1)
}

/**
 * The TOML text with another value for a key. All other lines, and a comment behind the value, stay as they are. Throws
 * Error with a sentence where the key stands inside a value that is written on one line.
 */
export const setInToml = (toml: string, path: readonly string[], value: Value): string => {
  const places = tomlPlaces(toml)
  const written = tomlValue(value)
  const own = places.find((place) => same(place.path, path))
  if (own !== undefined) {
    if (!isKey(own)) throw tableAt(own, path)
    const [from, to] = spanOf(toml, own)
    return toml.slice(0, from) + written + toml.slice(to)
  }
  refuseInside(places, path)
  const parent = path.slice(0, -1)
  const sibling = places.filter(isKey).findLast((place) => same(place.path.slice(0, -1), parent))
  if (sibling !== undefined)
    return insertAfter(toml, spanOf(toml, sibling)[1], `${tomlKey(path.slice(sibling.table.length))} = ${written}`)
  const line = `${tomlKey(path.slice(-1))} = ${written}`
  if (parent.length === 0) return insertOnTop(toml, places, line)
  const header = places.find((place) => !isKey(place) && same(place.path, parent))
  if (header !== undefined) return insertAfter(toml, lineStart(toml, header.line), line)
  return append(toml, [`[${tomlKey(parent)}]`, line])
}
