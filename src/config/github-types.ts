import * as z from 'zod'
import type { ValueType } from './value-types.ts'

/** A number, or the client id that GitHub shows beside it. */
export const appId: ValueType<string> = {
  type: 'string',
  expected: "the App's id or client id",
  schema: z.union([z.int().min(1), z.string()]).transform((value, context) => {
    const text = String(value)
    if (/^([1-9]\d{0,15}|Iv[\w.]{4,60})$/.test(text)) return text
    context.addIssue({ code: 'custom', message: "it is not an App's id, like 123456, nor its client id, like Iv23..." })
    return z.NEVER
  }),
}

const isReference = (text: string) => /^(env|file|command):\S/.test(text)

/** An error does not show the value: it may be the key itself. */
export const privateKey: ValueType<string> = {
  type: 'string',
  expected: 'an absolute path, ~/PATH, file:/PATH, env:NAME or command:PROGRAM ARG',
  schema: z.string().refine((text) => /^(\/|~\/)[^\n]+$/.test(text) || isReference(text), {
    error: 'it is not an absolute path, ~/PATH, file:/PATH, env:NAME or command:PROGRAM ARG',
  }),
}

/** An error does not show the value: it may be the token itself. */
export const tokenReference: ValueType<string> = {
  type: 'string',
  expected: 'env:NAME, file:/PATH or command:PROGRAM ARG',
  schema: z.string().refine(isReference, {
    error: 'it is not a reference: write env:NAME, file:/PATH or command:PROGRAM ARG, such as command:gh auth token',
  }),
}

/** GitHub's own servers: github.com, and those of an enterprise whose data stays in a region. */
const isCloudApi = (host: string) => /^api\.(github\.com|[a-z0-9-]+\.ghe\.com)$/.test(host)

const isApiUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash, pathname, host } = new URL(text)
  const bare = username === '' && password === '' && search === '' && hash === ''
  const place = isCloudApi(host) ? pathname === '/' : /^\/api\/v3\/?$/.test(pathname)
  return protocol === 'https:' && bare && place
}

/** An error does not show the value: it may hold a password. */
export const apiUrl: ValueType<string> = {
  type: 'string',
  expected: 'https://HOST/api/v3',
  schema: z
    .string()
    .refine(isApiUrl, { error: 'it is not the API of a GitHub: write https://HOST/api/v3' })
    .transform((text) => text.replace(/\/$/, '')),
}
