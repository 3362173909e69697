/** Something that is wrong in a manifest. */
export type Mistake = {
  readonly file: string
  readonly line: number
  /** The number of the session in the manifest, from 1; null for what is of no session. */
  readonly row: number | null
  readonly session: string | null
  readonly message: string
}

export type Place = { readonly file: string; readonly line: number }

export type Mistakes = {
  /** The mistakes so far, each once, in the order of the lines. */
  all(): readonly Mistake[]
  /** Takes down a mistake at the path of a key; `place` says where it stands if that is another file. */
  tell(at: readonly string[], message: string, place?: Place): void
  /** Says what a session is called. */
  name(row: number, id: string): void
}

/** The mistakes of one manifest. */
export const makeMistakes = (file: string, lineOf: (path: readonly string[]) => number): Mistakes => {
  const found: Omit<Mistake, 'session'>[] = []
  const ids = new Map<number, string>()
  const rowOf = ([table, index]: readonly string[]) =>
    table === 'sessions' && index !== undefined ? Number(index) + 1 : null
  return {
    tell(at, message, place = { file, line: lineOf(at) }) {
      const mistake = { ...place, row: rowOf(at), message }
      if (!found.some((one) => JSON.stringify(one) === JSON.stringify(mistake))) found.push(mistake)
    },
    name: (row, id) => void ids.set(row, id),
    all: () =>
      found
        .map(({ row, ...rest }) => ({ ...rest, row, session: row === null ? null : (ids.get(row) ?? null) }))
        .sort((a, b) => Number(a.file !== file) - Number(b.file !== file) || a.line - b.line),
  }
}

/** A mistake as one line. */
export const mistakeText = ({ file, line, row, session, message }: Mistake): string => {
  const place = `${file}:${line}: `
  if (row === null) return `${place}${message}`
  return `${place}session ${row}${session === null ? '' : ` (${session})`}: ${message}`
}
