import * as z from 'zod'
import { NO_PROXY_WORD, parseProxy } from '../domain/company-network.ts'
import { DETACH_KEYS_FORM, parseDetachKeys } from '../domain/detach-keys.ts'
import { parseBound } from '../domain/network/host-bound.ts'
import { parseRepositoryPattern } from '../domain/network/repository-pattern.ts'
import { parsePerson } from '../domain/person.ts'
import { parseSigning, SIGNING_FORMS } from '../domain/signing.ts'
import { STATES, type State } from '../domain/task.ts'
import { parseBytes } from '../std/bytes.ts'
import { formatDuration, parseDuration } from '../std/duration.ts'
import { errorMessage } from '../std/error-message.ts'
import { type Parsed, parsed, unparsed } from '../std/parsed.ts'

export type TypeName = 'string' | 'number' | 'bytes' | 'duration' | 'enum' | 'list' | 'map' | 'boolean' | 'schema'

/** A kind of value: how it reads in a file (`schema`), and what is told to who got it wrong. */
export type ValueType<T> = { readonly type: TypeName; readonly expected: string; readonly schema: z.ZodType<T> }

const read =
  <T>(parse: (text: string) => Parsed<T>) =>
  (value: string | T, context: z.RefinementCtx): T => {
    if (typeof value !== 'string') return value
    const result = parse(value)
    if (result.ok) return result.value
    context.addIssue({ code: 'custom', message: result.error })
    return z.NEVER
  }

export const string = (expected = 'a text'): ValueType<string> => ({
  type: 'string',
  expected,
  schema: z.string().min(1),
})

/** A text of this form. */
export const matching = (pattern: RegExp, expected: string): ValueType<string> => ({
  type: 'string',
  expected,
  schema: z.string().regex(pattern),
})

export const wholeNumber: ValueType<number> = { type: 'number', expected: 'a whole number', schema: z.int() }
export const decimal: ValueType<number> = { type: 'number', expected: 'a number', schema: z.number() }

export const positive: ValueType<number> = {
  type: 'number',
  expected: 'a whole number, 1 or more',
  schema: z.int().min(1),
}

/** Numbers by name, 1 or more: a table in a file, NAME=NUMBER elsewhere; a name may hold a `=` itself. */
export const counts: ValueType<Readonly<Record<string, number>>> = {
  type: 'map',
  expected: 'a table of names and whole numbers, 1 or more',
  schema: z.union([z.record(z.string(), z.int().min(1)), z.array(z.string())]).transform((value, context) => {
    if (!Array.isArray(value)) return value
    const entries: [string, number][] = []
    for (const item of value) {
      const [, name = '', count = ''] = /^(.+)=([1-9]\d{0,8})$/.exec(item) ?? []
      if (name === '') {
        context.addIssue({ code: 'custom', message: `"${item.slice(0, 80)}" is not NAME=NUMBER` })
        return z.NEVER
      }
      entries.push([name, Number(count)])
    }
    return Object.fromEntries(entries)
  }),
}

export const boolean: ValueType<boolean> = { type: 'boolean', expected: 'true or false', schema: z.boolean() }

export const bytes: ValueType<number> = {
  type: 'bytes',
  expected: 'a size like "512m" or "2g"',
  schema: z.union([z.string(), z.int().min(0)]).transform(read(parseBytes)),
}

export const duration: ValueType<number> = {
  type: 'duration',
  expected: 'a duration with its unit, like "30s" or "1h30m"',
  schema: z.string().transform(read(parseDuration)),
}

/** A base URL. */
export const address: ValueType<string> = {
  type: 'string',
  expected: 'an http or https URL',
  schema: z.url({ protocol: /^https?$/, error: 'it is not an http or https URL' }),
}

/** A duration of at least `least` and at most `most` milliseconds. */
export const durationWithin = (least: number, most: number): ValueType<number> => ({
  ...duration,
  schema: duration.schema.refine((ms) => ms >= least && ms <= most, {
    message: `give at least ${formatDuration(least)} and at most ${formatDuration(most)}`,
  }),
})

export const choice = <const V extends readonly [string, ...string[]]>(...values: V): ValueType<V[number]> => ({
  type: 'enum',
  expected: `one of ${values.join(', ')}`,
  schema: z.enum(values),
})

export const list: ValueType<readonly string[]> = {
  type: 'list',
  expected: 'a list of texts',
  schema: z.array(z.string()),
}

const furtherRepository = z.union([
  z.string().min(1),
  z.strictObject({
    repo: z.string().min(1),
    folder: z.string().optional(),
    ref: z.string().optional(),
    branch: z.string().optional(),
  }),
])

/** Repositories beside the main one, each as a text or as a table. */
export const furtherRepositories: ValueType<readonly z.output<typeof furtherRepository>[]> = {
  type: 'list',
  expected: 'a list of repositories: REPOSITORY, REPOSITORY:FOLDER, or a table of repo, folder, ref and branch',
  schema: z.array(furtherRepository),
}

/** Rules on the network; `toRequest` reads each of them. */
export const rules: ValueType<readonly string[]> = {
  type: 'list',
  expected: 'a list of rules, like ["npm", "example.org:8443"]',
  schema: z.array(z.string()),
}

/** A program and its arguments, as they are; none of it is read by a shell. */
export const command: ValueType<readonly string[]> = {
  type: 'list',
  expected: 'a list: the absolute path of a program, then its arguments',
  schema: z.array(z.string()).superRefine(([program], context) => {
    if (program === undefined || program.startsWith('/')) return
    context.addIssue({ code: 'custom', message: `"${program.slice(0, 80)}" is not the absolute path of a program` })
  }),
}

/** A folder of this machine. */
export const folder: ValueType<string> = {
  type: 'string',
  expected: 'an absolute path',
  schema: z.string().superRefine((path, context) => {
    if (!path.startsWith('/'))
      context.addIssue({ code: 'custom', message: `"${path.slice(0, 80)}" is not an absolute path` })
  }),
}

/** Folders of this machine. */
export const folders: ValueType<readonly string[]> = {
  type: 'list',
  expected: 'a list of absolute paths',
  schema: z.array(z.string()).superRefine((paths, context) => {
    const wrong = paths.find((path) => !path.startsWith('/'))
    if (wrong !== undefined)
      context.addIssue({ code: 'custom', message: `"${wrong.slice(0, 80)}" is not an absolute path` })
  }),
}

/** Keys at a terminal. */
export const keys: ValueType<string> = {
  type: 'string',
  expected: DETACH_KEYS_FORM,
  schema: z.string().superRefine((text, context) => {
    const read = parseDetachKeys(text)
    if (!read.ok) context.addIssue({ code: 'custom', message: read.error })
  }),
}

/** A list whose entries `parse` takes. */
const listOf = (expected: string, parse: (text: string) => Parsed<unknown>): ValueType<readonly string[]> => ({
  type: 'list',
  expected,
  schema: z.array(z.string()).superRefine((texts, context) => {
    const wrong = texts.map(parse).find((read) => !read.ok)
    if (wrong?.ok === false) context.addIssue({ code: 'custom', message: wrong.error })
  }),
})

/** A text that `parse` takes. */
const textOf = (expected: string, parse: (text: string) => Parsed<unknown>): ValueType<string> => ({
  type: 'string',
  expected,
  schema: z.string().superRefine((text, context) => {
    const read = parse(text)
    if (!read.ok) context.addIssue({ code: 'custom', message: read.error })
  }),
})

/** The author of commits. */
export const person = textOf('Name <email>', parsePerson)
export const persons = listOf('a list of Name <email>', parsePerson)

/** How commits are signed. */
export const signing = textOf(SIGNING_FORMS, parseSigning)

/** Patterns of repositories, like `github.com/acme/*`. */
export const repositories = listOf('a list of HOST/OWNER/NAME, HOST/OWNER/* or paths', parseRepositoryPattern)

/** Hosts that bound the rules of tasks. */
export const hosts = listOf('a list of groups and HOST[:PORT]', parseBound)

/** Names of variables; one may end in a `*`. */
export const variableNames: ValueType<readonly string[]> = {
  type: 'list',
  expected: 'a list of names of variables',
  schema: z.array(z.string()).superRefine((names, context) => {
    const wrong = names.find((name) => !/^[A-Za-z_][A-Za-z0-9_]*\*?$/.test(name))
    if (wrong !== undefined)
      context.addIssue({ code: 'custom', message: `"${wrong.slice(0, 80)}" is not the name of a variable, nor NAME*` })
  }),
}

/** The URL of a proxy. An error does not show the value: it may hold a password. */
export const proxy: ValueType<string> = {
  type: 'string',
  expected: `the URL of a proxy, or ${NO_PROXY_WORD}`,
  schema: z.string().superRefine((text, context) => {
    const result = text === NO_PROXY_WORD ? parsed(text) : parseProxy(text)
    if (!result.ok) context.addIssue({ code: 'custom', message: result.error })
  }),
}

/** A file of this machine. */
export const file: ValueType<string> = {
  type: 'string',
  expected: 'an absolute path',
  schema: z.string().refine((path) => path.startsWith('/'), { message: 'it is not an absolute path' }),
}

/** A file of this machine, or of the caller's home. */
export const homeFile = matching(/^(~\/|\/)[^\0\n]+$/, 'an absolute path, or one that begins with ~/')

const parseObject = (text: string): Parsed<Readonly<Record<string, unknown>>> => {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return parsed({ ...value })
  } catch (error) {
    return unparsed(`it is not JSON: ${errorMessage(error)}`)
  }
  return unparsed('it is not an object, and a JSON Schema is one')
}

/** A JSON Schema, or its text. On a command line stands the path of its file, which the client reads. */
export const jsonSchema: ValueType<Readonly<Record<string, unknown>>> = {
  type: 'schema',
  expected: 'a JSON Schema',
  schema: z.union([z.string(), z.record(z.string(), z.unknown())]).transform(read(parseObject)),
}

export const states: ValueType<readonly State[]> = {
  type: 'list',
  expected: `a list of ${STATES.join(', ')}`,
  schema: z.array(z.enum(STATES)),
}

type Bare = 'allowed' | 'refused'

/** An entry of a map as it was written; undefined where it is none. */
const entryOf = (item: string, bare: Bare): readonly [string, string | null] | undefined => {
  const at = item.indexOf('=')
  if (at >= 1) return [item.slice(0, at), item.slice(at + 1)]
  return at < 0 && bare === 'allowed' && item !== '' ? [item, null] : undefined
}

/** Entries NAME=VALUE; a bare NAME, where that means something, is kept as null. */
export const map = (bare: Bare): ValueType<Readonly<Record<string, string | null>>> => ({
  type: 'map',
  expected: 'a table of names and texts, or a list of "NAME=VALUE"',
  schema: z.union([z.record(z.string(), z.string()), z.array(z.string())]).transform((value, context) => {
    if (!Array.isArray(value)) return value
    const entries: (readonly [string, string | null])[] = []
    for (const item of value) {
      const entry = entryOf(item, bare)
      if (entry === undefined) {
        const form = bare === 'allowed' ? 'NAME=VALUE or NAME' : 'NAME=VALUE'
        context.addIssue({ code: 'custom', message: `"${item.slice(0, 80)}" is not ${form}` })
        return z.NEVER
      }
      entries.push(entry)
    }
    return Object.fromEntries(entries)
  }),
})
