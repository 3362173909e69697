import * as z from 'zod'
import { type Parsed, parsed, unparsed } from '../std/parsed.ts'

/** The author of a commit. */
export type Person = { readonly name: string; readonly email: string }

const FORM = 'write Name <email>'

/** Git drops these at both ends of a name, and takes no name that is made of them alone. */
const DROPPED = /^[\s.,:;<>"\\']+|[\s.,:;<>"\\']+$/g

const nameProblem = (name: string): string | undefined => {
  if (name.length > 200) return 'a name has at most 200 characters'
  if (/[<>]/.test(name)) return `a name has no < and no >: ${FORM}`
  return name.replace(DROPPED, '') === '' ? `the name is missing: ${FORM}` : undefined
}

const emailProblem = (email: string): string | undefined => {
  if (email.length > 254) return 'an address has at most 254 characters'
  if (email === '') return `the e-mail address is missing: ${FORM}`
  return /^[^\s<>@]+@[^\s<>@]+$/.test(email) ? undefined : `what stands between < and > is no e-mail address: ${FORM}`
}

/** Why git could not write such an author; undefined: it can. */
const problemOf = ({ name, email }: Person): string | undefined => {
  if (/\p{Cc}|\p{Zl}|\p{Zp}/u.test(name + email)) return 'an author stands on one line, without control characters'
  return nameProblem(name) ?? emailProblem(email)
}

export const person = z.strictObject({ name: z.string(), email: z.string() }).superRefine((value, context) => {
  const message = problemOf(value)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

/** Reads `Name <email>`. */
export const parsePerson = (text: string): Parsed<Person> => {
  const [, name, email] = /^([^<]*)<(.*)>\s*$/s.exec(text) ?? []
  const found = { name: (name ?? text).trim(), email: (email ?? '').trim() }
  const problem = problemOf(found)
  return problem === undefined ? parsed(found) : unparsed(problem)
}

export const personText = ({ name, email }: Person): string => `${name} <${email}>`
