import { isDeeplyNested } from '../std/nesting.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Readers of fields of a stranger's JSON: what is missing or of another type becomes the empty value. */
export const text = (object: JsonObject, field: string): string => {
  const value = object[field]
  return typeof value === 'string' ? value : ''
}

export const count = (object: JsonObject, field: string): number => {
  const value = object[field]
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0
}

export const child = (object: JsonObject, field: string): JsonObject => {
  const value = object[field]
  return isObject(value) ? value : {}
}

export const children = (object: JsonObject, field: string): readonly JsonObject[] => {
  const value = object[field]
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** The object that a line holds, or undefined for a line that is anything else, or nested without end. */
export const parseObject = (line: string): JsonObject | undefined => {
  if (!line.trimStart().startsWith('{') || isDeeplyNested(line)) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
