import { isObject, type JsonObject } from './json-field.ts'

const parsed = (value: string): unknown => {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

const put = (into: JsonObject, [first = '', ...rest]: readonly string[], value: unknown): JsonObject => {
  if (rest.length === 0) return { ...into, [first]: value }
  const below = into[first]
  return { ...into, [first]: put(isObject(below) ? below : {}, rest, value) }
}

/** Settings with options put into them: a key `a.b` is b in a, a value is JSON where it reads as such, else a text. */
export const nestOptions = (settings: JsonObject, options: Readonly<Record<string, string>>): JsonObject =>
  Object.entries(options).reduce((all, [key, value]) => put(all, key.split('.'), parsed(value)), settings)
