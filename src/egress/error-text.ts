import { asFields, errorBody } from './error-body.ts'

const LONGEST = 500

type Parsed = { readonly text: string; readonly code: string }

const string = (...values: unknown[]): string =>
  (values.find((value) => typeof value === 'string') as string | undefined) ?? ''

/** The upstream's own words in an error's body, at most 500 characters, and its code, in the forms the model APIs use. */
export const errorText = (body: string): Parsed => {
  const outer = errorBody(body)
  const error = asFields(outer['error'])
  const words = string(error['message'], outer['error'], outer['message'], outer['detail']) || body
  return {
    text: words.replace(/\s+/g, ' ').trim().slice(0, LONGEST),
    code: string(error['code'], error['type'], outer['code']),
  }
}
