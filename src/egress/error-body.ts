export type Fields = Readonly<Record<string, unknown>>

export const asFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** An error's body as JSON: as it is, or the first of a list. Empty for any other. */
export const errorBody = (body: string): Fields => {
  const parsed = parse(body)
  return asFields(Array.isArray(parsed) ? parsed[0] : parsed)
}

/** The details of an error in Google's form. */
export const errorDetails = (body: string): readonly Fields[] => {
  const { details } = asFields(errorBody(body)['error'])
  return Array.isArray(details) ? details.map(asFields) : []
}
