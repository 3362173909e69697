import { isObject, type JsonObject, parseObject } from './json-field.ts'

/** Readers of what a CLI or an issuer says of a login. They throw Error with a sentence that holds none of its values. */

const MOST_CHARACTERS = 1_000_000
const MOST_WORDS = 200
/** What a header can carry; longer ones are refused by servers. */
const HEADER_VALUE = /^[\x21-\x7e]{1,16384}$/
/** The last instant that a Date can hold, in milliseconds. */
const LAST_INSTANT = 8.64e15

/** A credential file's object. */
export const credentialFile = (text: string): JsonObject => {
  const object = text.length > MOST_CHARACTERS ? undefined : parseObject(text)
  if (object === undefined) throw new Error('the credential file is no JSON object')
  return object
}

export const answerObject = (answer: unknown): JsonObject => {
  if (isObject(answer)) return answer
  throw new Error("the issuer's answer is no JSON object")
}

/** A value that goes into a header, such as a token; null where there is none. */
export const optionalSecret = (object: JsonObject, field: string): string | null => {
  const value = object[field]
  if (value === undefined || value === null || value === '') return null
  if (typeof value === 'string' && HEADER_VALUE.test(value)) return value
  throw new Error(`${field} is no token`)
}

export const secret = (object: JsonObject, field: string): string => {
  const value = optionalSecret(object, field)
  if (value === null) throw new Error(`${field} is missing`)
  return value
}

/** Words for people and for headers; null where there are none, or odd ones. */
export const plainWords = (object: JsonObject, field: string): string | null => {
  const value = object[field]
  return typeof value === 'string' && /^[\x20-\x7e]+$/.test(value) && value.length <= MOST_WORDS ? value : null
}

export const instant = (milliseconds: unknown): string | null =>
  typeof milliseconds === 'number' && milliseconds > 0 && milliseconds <= LAST_INSTANT
    ? new Date(milliseconds).toISOString()
    : null

/** When a token expires that lives for `expires_in` seconds. */
export const expiryIn = (object: JsonObject, now: Date): string | null => {
  const seconds = object['expires_in']
  return typeof seconds === 'number' ? instant(now.getTime() + seconds * 1000) : null
}

/** The claims of a JSON Web Token, unverified: they are for people, and for headers that the issuer judges. */
export const claimsOf = (token: string | null): JsonObject => {
  const [, payload = ''] = token?.split('.') ?? []
  return parseObject(Buffer.from(payload, 'base64url').toString()) ?? {}
}

/** The expiry that a token names itself. */
export const expiryOf = (token: string | null): string | null => {
  const { exp } = claimsOf(token)
  return typeof exp === 'number' ? instant(exp * 1000) : null
}

/** A JSON Web Token that nobody signed. */
export const unsignedToken = (claims: JsonObject): string => {
  const part = (value: JsonObject) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.${Buffer.from('unsigned').toString('base64url')}`
}

/** Those that are set. */
export const present = (values: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== null))
