const LONGEST = 500

type Parsed = { readonly text: string; readonly code: string }

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}

const string = (...values: unknown[]): string =>
  (values.find((value) => typeof value === 'string') as string | undefined) ?? ''

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** The upstream's own words in an error's body, at most 500 characters, and its code, in the forms the model APIs use. */
export const errorText = (body: string): Parsed => {
  const parsed = parse(body)
  const outer = record(Array.isArray(parsed) ? parsed[0] : parsed)
  const error = record(outer['error'])
  const words = string(error['message'], outer['error'], outer['message'], outer['detail']) || body
  return {
    text: words.replace(/\s+/g, ' ').trim().slice(0, LONGEST),
    code: string(error['code'], error['type'], outer['code']),
  }
}
