/** True where a value that came from anywhere has a form. Plain functions: some are called for each line of a long file. */
export type Check = (value: unknown) => boolean

export const isText: Check = (value) => typeof value === 'string'
export const isTruth: Check = (value) => typeof value === 'boolean'
export const isNumber: Check = (value) => Number.isFinite(value)
export const isInteger: Check = (value) => Number.isSafeInteger(value)
/** A whole number from 0 on. */
export const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const LATEST_MS = 8.64e15

/** Milliseconds since 1970 that a date can hold. */
export const isTimeMs: Check = (value) => isCount(value) && (value as number) <= LATEST_MS
/** Milliseconds, parts of one too. */
export const isSpanMs: Check = (value) => isNumber(value) && Math.abs(value as number) <= LATEST_MS

// No more than a date can be: asking Date.parse costs as much as the rest of a line.
const DAY = String.raw`\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`
const TIME = new RegExp(
  String.raw`^${DAY}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$`,
)

/** An instant, ISO 8601. */
export const isTime: Check = (value) => typeof value === 'string' && TIME.test(value)

export const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const nullOr =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)

/** What may be missing. */
export const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)

export const oneOf = (...values: readonly string[]): Check => {
  const known: ReadonlySet<unknown> = new Set(values)
  return (value) => known.has(value)
}

export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)

export const mapOf =
  (check: Check): Check =>
  (value) =>
    isPlainObject(value) && Object.values(value).every(check)

/** An object with these fields of its own; further ones do no harm. What it inherits does not count. */
export const fields = (wanted: Readonly<Record<string, Check>>): Check => {
  const names = Object.keys(wanted)
  const checks = Object.values(wanted)
  return (value) => {
    if (!isPlainObject(value)) return false
    for (let i = 0; i < names.length; i += 1) {
      const name = names[i] as string
      if (!(checks[i] as Check)(Object.hasOwn(value, name) ? value[name] : undefined)) return false
    }
    return true
  }
}
