import type * as z from 'zod'
import { type CommandProvider, commandProvider } from '../domain/command-provider.ts'
import { BerthError } from '../domain/errors.ts'
import { didYouMean } from '../std/suggest.ts'
import { type FileContext, fileMistake, isTable, readSection, type Section, type Table } from './read-section.ts'

/** What the file says of agents: their settings, and the programs of those that Berth does not bring. */
export type Agents = {
  readonly settings: ReadonlyMap<string, Section>
  readonly programs: ReadonlyMap<string, CommandProvider>
}

/** The two spellings of one table. */
type Spelling = 'agents' | 'providers'

const NAME = /^[a-z][a-z0-9-]{0,31}$/
/** Agents that Berth brings itself. */
const SHOWN: readonly string[] = ['codex', 'claude', 'gemini', 'opencode']
/** With the one for tests. */
const BUILT_IN: readonly string[] = [...SHOWN, 'noop']

const PROGRAM_KEYS = Object.keys(commandProvider.shape)
/** Keys of a program that are settings too, where the table names no program. */
const SHARED: readonly string[] = ['env', 'base-url']

/** The first that is wrong, of a union that which came nearest. */
const issueOf = (issue: z.core.$ZodIssue): { readonly path: readonly string[]; readonly message: string } => {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') return { path: [...path, ...issue.keys.slice(0, 1)], message: 'unknown key' }
  const inner = issue.code === 'invalid_union' ? issue.errors.flat()[0] : undefined
  if (inner === undefined) return { path, message: issue.message }
  const deeper = issueOf(inner)
  return { path: [...path, ...deeper.path], message: deeper.message }
}

type Part = {
  readonly settings: Section
  /** The table has a command; `program` is undefined where there is a mistake in it. */
  readonly named: boolean
  readonly program: CommandProvider | undefined
}

/** A mistake in the table of an agent, by the path of its key. */
const mistakeAt = (context: FileContext) => (at: readonly string[], message: string) =>
  context.mistake(fileMistake(context.path, context.lineOf(at), `${at.join('.')}: ${message}`))

const readProgram = (table: Table, at: readonly string[], context: FileContext): CommandProvider | undefined => {
  const refuse = mistakeAt(context)
  const name = at[1] ?? ''
  if (!NAME.test(name)) refuse(at, 'a name has lower-case letters, digits and -, at most 32')
  if (BUILT_IN.includes(name)) refuse(at, 'Berth has an agent of this name: use another name for your command')
  const result = commandProvider.safeParse(
    Object.fromEntries(Object.entries(table).filter(([key]) => PROGRAM_KEYS.includes(key))),
  )
  if (result.success) return result.data
  const [issue] = result.error.issues
  const { path, message } = issue === undefined ? { path: [], message: 'is not valid' } : issueOf(issue)
  refuse([...at, ...path], message)
  return undefined
}

/** One table: with a `command` it describes a program, and every other key is a setting. */
const readTable = (table: Table, at: readonly string[], context: FileContext): Part => {
  if (table['command'] !== undefined)
    return {
      settings: readSection('agent', table, at, context, PROGRAM_KEYS),
      named: true,
      program: readProgram(table, at, context),
    }
  const ofPrograms = Object.keys(table).filter((key) => PROGRAM_KEYS.includes(key) && !SHARED.includes(key))
  for (const key of ofPrograms)
    mistakeAt(context)([...at, key], 'this key describes the program of an agent: name the program with command')
  return { settings: readSection('agent', table, at, context, ofPrograms), named: false, program: undefined }
}

type Tables = Readonly<Record<Spelling, unknown>>

const readSpelling = (spelling: Spelling, raw: unknown, context: FileContext): ReadonlyMap<string, Part> => {
  const refuse = mistakeAt(context)
  if (!isTable(raw)) {
    refuse([spelling], `expected tables [${spelling}.NAME]`)
    return new Map()
  }
  return new Map(
    Object.entries(raw).flatMap(([name, table]) => {
      const at = [spelling, name]
      if (isTable(table)) return [[name, readTable(table, at, context)] as const]
      refuse(at, `expected a table [${at.join('.')}]`)
      return []
    }),
  )
}

type Parts = ReadonlyMap<string, Part>

/** A table [providers.NAME] for no agent is a mistake; 0.1.0 took [agents.NAME] for any name. */
const refuseUnknown = (agents: Parts, providers: Parts, context: FileContext): void => {
  const programs = [...agents, ...providers].filter(([, { named }]) => named).map(([name]) => name)
  const known = [...BUILT_IN, ...programs]
  for (const name of providers.keys())
    if (!known.includes(name))
      mistakeAt(context)(
        ['providers', name],
        `there is no agent "${name}", and the table has no command${didYouMean(name, known)}`,
      )
}

/**
 * Reads the tables [agents.NAME] and [providers.NAME], which are two spellings of one table. A key that stands in both
 * spellings is a mistake.
 */
export const readAgents = (raw: Tables, context: FileContext): Agents => {
  const refuse = mistakeAt(context)
  const agents = readSpelling('agents', raw.agents ?? {}, context)
  const providers = readSpelling('providers', raw.providers ?? {}, context)
  refuseUnknown(agents, providers, context)
  const settings = new Map<string, Section>()
  const programs = new Map<string, CommandProvider>()
  const spelled = (spelling: Spelling, parts: Parts) => [...parts].map(([name, part]) => ({ name, part, spelling }))
  for (const { name, part, spelling } of [...spelled('agents', agents), ...spelled('providers', providers)]) {
    const before: Section = settings.get(name) ?? new Map()
    for (const key of part.settings.keys())
      if (before.has(key)) refuse(['providers', name, key], `agents.${name}.${key} sets this key, too`)
    const own = [...part.settings].map(([key, found]) => [key, { ...found, table: `${spelling}.${name}` }] as const)
    settings.set(name, new Map([...before, ...own]))
    if (part.program === undefined) continue
    if (programs.has(name)) refuse(['providers', name, 'command'], `agents.${name}.command is set, too`)
    programs.set(name, part.program)
  }
  return { settings, programs }
}

/** Throws for an agent that is neither Berth's own nor a program of the file. `origin`: what names the agent. */
export const refuseUnknownAgent = (agent: string, origin: string, programs: Agents['programs']): void => {
  if (BUILT_IN.includes(agent) || programs.has(agent)) return
  const known = [...SHOWN, ...programs.keys()]
  throw new BerthError(
    'unknown-provider',
    `${origin}: there is no agent "${agent}"; there are ${known.join(', ')}${didYouMean(agent, known)}`,
  )
}
