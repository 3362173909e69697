import { type JsonObject, parseObject, text } from './json-field.ts'

/** When an entry was written, in ms; NaN for one that does not say so. */
const entryTime = (entry: JsonObject): number => Date.parse(text(entry, 'timestamp'))

/** Entries of a session file, one a line: finds the time of the last one of this turn. */
export const sessionEntries = (since: number) => {
  let at: number | null = null
  return {
    /** The entry of a line; undefined for noise. `isNew`: it is of this turn. */
    read(line: string): { readonly entry: JsonObject; readonly isNew: boolean } | undefined {
      const entry = parseObject(line)
      if (entry === undefined) return undefined
      const time = entryTime(entry)
      const isNew = time >= since
      if (isNew) at = Math.max(at ?? time, time)
      return { entry, isNew }
    },
    get at() {
      return at
    },
  }
}
