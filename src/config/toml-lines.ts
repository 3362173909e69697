type Place = { readonly path: readonly string[]; readonly line: number }

const WORD = /\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*/y

/** A dotted key at `at`; undefined where there is none. */
const dotted = (text: string, at: number): { readonly path: readonly string[]; readonly end: number } | undefined => {
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

const places = (toml: string): readonly Place[] => {
  const found: Place[] = []
  let table: readonly string[] = []
  let open: string | undefined
  for (const [index, text] of toml.split('\n').entries()) {
    if (open !== undefined) {
      if (text.split(open).length % 2 === 0) open = undefined
      continue
    }
    const header = /^\s*\[\[?/.exec(text)
    if (header !== null) {
      const name = dotted(text, header[0].length)
      if (name !== undefined && text[name.end] === ']') {
        table = name.path
        found.push({ path: table, line: index + 1 })
        continue
      }
    }
    const key = dotted(text, 0)
    if (key !== undefined && text[key.end] === '=') {
      found.push({ path: [...table, ...key.path], line: index + 1 })
      open = opens(text.slice(key.end))
    }
  }
  return found
}

/** A finder of the line (from 1) on which a key of a TOML text first stands; 1 where it is not seen. */
export const tomlLines = (toml: string) => {
  const all = places(toml)
  return (path: readonly string[]): number =>
    all.find((place) => path.every((part, i) => place.path[i] === part))?.line ?? 1
}
