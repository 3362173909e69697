import * as z from 'zod'
import { type Parsed, parsed, unparsed } from '../std/parsed.ts'
import type { Login } from './login.ts'
import { LOGIN_NAME } from './login-name.ts'

const TOKEN_BYTES = 64 * 1024
// A token goes into a header.
const token = z
  .string()
  .min(1)
  .max(TOKEN_BYTES)
  .regex(/^[\x21-\x7e]+$/, 'no text for a header')
const words = z.string().max(4096)
const time = z.iso.datetime({ offset: true })

const login = z.strictObject({
  v: z.literal(1),
  provider: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  name: z.string().regex(LOGIN_NAME),
  kind: z.enum(['subscription', 'token']),
  service: z.string().min(1).max(100),
  access: token,
  refresh: token.nullable(),
  expiresAt: time.nullable(),
  account: words.nullable(),
  who: words.nullable(),
  plan: words.nullable(),
  scopes: words.nullable(),
  extra: z.record(z.string(), z.string().max(TOKEN_BYTES)),
  issuer: z.url({ protocol: /^https?$/ }).nullable(),
  createdAt: time,
  refreshedAt: time.nullable(),
  problem: words.nullable(),
})

/** Reads a login as Berth wrote it. The error names fields and holds no value: it may be a token. */
export const parseLogin = (value: unknown): Parsed<Login> => {
  const read = login.safeParse(value)
  if (read.success) return parsed(read.data)
  const fields = [...new Set(read.error.issues.map(({ path }) => path.join('.') || 'the file'))]
  return unparsed(`wrong: ${fields.join(', ')}`)
}
