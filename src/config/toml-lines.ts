/** A key or the header of a table, as it stands in a TOML text. */
export type Place = {
  readonly path: readonly string[]
  readonly line: number
  /** The table that it stands in; for a header, its own path. */
  readonly table: readonly string[]
  /** The column where a key's value begins; null for a header. */
  readonly value: number | null
}

const WORD = /\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*/y

/** A dotted key at `at`; undefined where there is none. */
export const dotted = (
  text: string,
  at: number,
): { readonly path: readonly string[]; readonly end: number } | undefined => {
  const path: string[] = []
  let position = at
  for (;;) {
    WORD.lastIndex = position
    const match = WORD.exec(text)
    if (match === null) return undefined
    path.push(match[1] ?? match[2] ?? match[3] ?? '')
    position = WORD.lastIndex
    if (text[position] !== '.') return { path, end: position }
    position += 1
  }
}

/** The delimiter of a multi-line string that this line opens and does not close. */
const opens = (text: string): string | undefined => {
  for (const mark of ['"""', "'''"]) {
    if (text.split(mark).length % 2 === 0) return mark
  }
  return undefined
}

/** How many elements each list of tables has so far, by its path. */
type Lists = Map<string, number>
const nameOf = (path: readonly string[]) => JSON.stringify(path)

/** The table that a line opens; undefined where it opens none. An element of a list of tables bears its number. */
const tableOf = (text: string, lists: Lists): readonly string[] | undefined => {
  const header = /^\s*\[\[?/.exec(text)?.[0]
  const name = header === undefined ? undefined : dotted(text, header.length)
  if (header === undefined || name === undefined || text[name.end] !== ']') return undefined
  let path: readonly string[] = []
  for (const [i, part] of name.path.entries()) {
    path = [...path, part]
    const count = lists.get(nameOf(path))
    // A table below a list belongs to its last element.
    if (i < name.path.length - 1 && count !== undefined) path = [...path, String(count - 1)]
  }
  if (!header.endsWith('[[')) return path
  const count = lists.get(nameOf(path)) ?? 0
  lists.set(nameOf(path), count + 1)
  return [...path, String(count)]
}

/** Every key and header of a TOML text, in the order in which they stand. */
export const tomlPlaces = (toml: string): readonly Place[] => {
  const found: Place[] = []
  const lists: Lists = new Map()
  let table: readonly string[] = []
  let open: string | undefined
  for (const [index, text] of toml.split('\n').entries()) {
    const line = index + 1
    if (open !== undefined) {
      if (text.split(open).length % 2 === 0) open = undefined
      continue
    }
    const opened = tableOf(text, lists)
    if (opened !== undefined) {
      table = opened
      found.push({ path: table, line, table, value: null })
      continue
    }
    const key = dotted(text, 0)
    if (key !== undefined && text[key.end] === '=') {
      found.push({ path: [...table, ...key.path], line, table, value: key.end + 1 })
      open = opens(text.slice(key.end))
    }
  }
  return found
}

/** A finder of the line (from 1) on which a key of a TOML text first stands, else what it is part of; 1 where neither is seen. */
export const tomlLines = (toml: string) => {
  const all = tomlPlaces(toml)
  const lineOf = (path: readonly string[]): number => {
    if (path.length === 0) return 1
    return all.find((place) => path.every((part, i) => place.path[i] === part))?.line ?? lineOf(path.slice(0, -1))
  }
  return lineOf
}
