import { basename, dirname, extname, resolve } from 'node:path'
import { isTable, type Table } from '../config/read-section.ts'
import { BerthError } from '../domain/errors.ts'
import type { TaskRequest } from '../domain/request.ts'
import { resultReferences } from '../domain/result-references.ts'
import { isBeneath } from '../std/is-beneath.ts'
import { didYouMean } from '../std/suggest.ts'
import { mergeLayers } from './merge-layers.ts'
import { type Mistake, makeMistakes } from './mistakes.ts'
import { parseText } from './parse-text.ts'
import { readFile } from './read-file.ts'
import { type InForce, type Layer, type ManifestContext, readLayer } from './read-layer.ts'
import { checkReferences, type References, reachedFrom } from './references.ts'
import { sessionIds } from './session-ids.ts'
import { type PromptPart, promptParts } from './session-prompt.ts'
import { sessionRequest } from './session-request.ts'

/** A session of a manifest, resolved: what one task is asked for. */
export type Session = {
  readonly id: string
  /** Its number in the manifest, from 1. */
  readonly row: number
  readonly line: number
  readonly role: string | null
  readonly owner: string | null
  /** The ids of the sessions that it waits for. */
  readonly after: readonly string[]
  /** What it does if one of them is lost; null: it fails. */
  readonly afterFailed: 'fail' | 'run' | null
  readonly prompt: string
  /** The settings as flags of `run` have them. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly request: TaskRequest
}

export type Manifest = {
  readonly name: string
  /** None if there is a mistake. */
  readonly sessions: readonly Session[]
  readonly mistakes: readonly Mistake[]
}

const MOST_SESSIONS = 1000
const TABLES = ['name', 'defaults', 'bundles', 'sessions']
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

type Row = { readonly at: readonly string[]; readonly layer: Layer; readonly id: string | undefined }

const textsOf = (layer: Layer, key: 'after' | 'bundle' | 'inherits'): readonly string[] =>
  (layer.own.get(key)?.value ?? []) as readonly string[]

/** A table that may be left out. */
const tableAt = (root: Table, name: string, { mistakes }: ManifestContext): Table => {
  const raw = root[name] ?? {}
  if (isTable(raw)) return raw
  mistakes.tell([name], `${name}: expected a table`)
  return {}
}

const readBundles = (root: Table, context: ManifestContext): ReadonlyMap<string, Layer> =>
  new Map(
    Object.entries(tableAt(root, 'bundles', context)).map(([name, raw]) => {
      const at = ['bundles', name]
      if (!isTable(raw)) context.mistakes.tell(at, `bundles.${name}: expected a table`)
      return [name, readLayer('bundle', isTable(raw) ? raw : {}, at, context)]
    }),
  )

const inheritance = (bundles: ReadonlyMap<string, Layer>, { mistakes }: ManifestContext): References => {
  const references: References = new Map(
    [...bundles].map(
      ([name, layer]) => [name, { names: textsOf(layer, 'inherits'), at: ['bundles', name, 'inherits'] }] as const,
    ),
  )
  const words = {
    unknown: (name: string) => `inherits: there is no bundle "${name}"`,
    itself: (name: string) => `inherits: the bundle "${name}" names itself`,
    circle: (chain: string) => `inherits: these bundles inherit each other: ${chain}`,
  }
  checkReferences(references, words, mistakes.tell)
  return references
}

const readRows = (root: Table, context: ManifestContext): readonly Row[] => {
  const { mistakes } = context
  const raw = root['sessions'] ?? []
  if (!Array.isArray(raw) || raw.length === 0) {
    mistakes.tell(['sessions'], 'there is no session: expected tables [[sessions]]')
    return []
  }
  if (raw.length > MOST_SESSIONS) mistakes.tell(['sessions'], `sessions: at most ${MOST_SESSIONS}`)
  const layers = raw.slice(0, MOST_SESSIONS).map((table: unknown, index) => {
    const at = ['sessions', String(index)]
    if (!isTable(table)) mistakes.tell(at, 'expected a table')
    return { at, layer: readLayer('session', isTable(table) ? table : {}, at, context) }
  })
  const ids = sessionIds(layers.map(({ layer }) => layer.own.get('id')?.value as string | undefined))
  return layers.map(({ at, layer }, index) => {
    const id = ids[index]
    if (id !== undefined) mistakes.name(index + 1, id)
    else if (!(isTable(raw[index]) && 'id' in raw[index])) mistakes.tell(at, 'id: a session needs an id')
    const first = id === undefined ? index : ids.indexOf(id)
    if (first !== index) mistakes.tell([...at, 'id'], `id: session ${first + 1} has the id "${id}", too`)
    return { at, layer, id }
  })
}

/** Two tasks cannot have one name. */
const refuseSameNames = (rows: readonly Row[], { mistakes }: ManifestContext): void => {
  const names = rows.map(({ layer }) => layer.settings.get('name'))
  for (const [index, found] of names.entries()) {
    const first = names.findIndex((one) => found !== undefined && one?.value === found.value)
    if (found !== undefined && first !== index)
      mistakes.tell(found.at, `name: session ${first + 1} has the name "${found.value}", too`)
  }
}

const waiting = (rows: readonly Row[], { mistakes }: ManifestContext): References => {
  const references: References = new Map(
    rows.flatMap(({ id, layer, at }) =>
      id === undefined ? [] : [[id, { names: textsOf(layer, 'after'), at: [...at, 'after'] }] as const],
    ),
  )
  const words = {
    unknown: (id: string) => `after: there is no session "${id}"`,
    itself: () => 'after: a session cannot wait for itself',
    circle: (chain: string) => `after: these sessions wait for each other: ${chain}`,
  }
  checkReferences(references, words, mistakes.tell)
  return references
}

type Tables = {
  readonly defaults: Layer
  readonly bundles: ReadonlyMap<string, Layer>
  readonly inherits: References
}

type Parts = Tables & {
  readonly after: References
  /** The ids of the sessions that are asked for a result of a schema. */
  readonly schemas: ReadonlySet<string>
}

/** Tells each result in a prompt that there will not be when the session begins. */
const checkResults = (part: PromptPart, { id, layer }: Row, parts: Parts, { mistakes }: ManifestContext): void => {
  const { after, schemas } = parts
  const before = new Set(reachedFrom(after, textsOf(layer, 'after')))
  for (const { offset, session, field, problem } of resultReferences(part.value)) {
    const tell = (message: string) => mistakes.tell(part.at, message, part.placeOf(offset))
    if (problem !== undefined) tell(problem)
    else if (session === id) tell(`results.${session}: a session cannot read its own results`)
    else if (!after.has(session))
      tell(`results.${session}: there is no session "${session}"${didYouMean(session, after.keys())}`)
    else if (!before.has(session))
      tell(`results.${session}: the session does not wait for "${session}": write it into after`)
    else if (field === 'json' && !schemas.has(session))
      tell(`results.${session}.json: the session "${session}" has no output-schema`)
  }
}

/** The tables that hold for a session, the nearest first. */
const layersOf = ({ layer, at }: Row, { defaults, bundles, inherits }: Tables, { mistakes }: ManifestContext) => {
  const chosen = layer.own.get('bundle') ?? defaults.own.get('bundle')
  const names = (chosen?.value ?? []) as readonly string[]
  for (const name of names.filter((one) => !bundles.has(one)))
    mistakes.tell(chosen?.at ?? at, `bundle: there is no bundle "${name}"${didYouMean(name, bundles.keys())}`)
  return [layer, ...reachedFrom(inherits, names).flatMap((name) => bundles.get(name) ?? []), defaults]
}

/** Two sessions never share a folder, and none lies in that of another one. */
const refuseSamePlaces = (rows: readonly Row[], tables: Tables, context: ManifestContext): void => {
  const places = rows.map((row) => mergeLayers(layersOf(row, tables, context)).settings.get('workspace'))
  for (const [index, found] of places.entries()) {
    if (typeof found?.value !== 'string') continue
    const own = found.value
    const meets = (other: unknown) => typeof other === 'string' && (isBeneath(other, own) || isBeneath(own, other))
    const first = places.slice(0, index).findIndex((one) => meets(one?.value))
    if (first < 0) continue
    const other = String(places[first]?.value)
    const also = other === own ? ', too' : ', and one of the folders lies in the other'
    context.mistakes.tell(
      rows[index]?.at ?? found.at,
      `workspace: session ${first + 1} works in ${other}${also}; {n} in workspace-template gives each its own`,
    )
  }
}

const withSchema = (rows: readonly Row[], tables: Tables, context: ManifestContext): ReadonlySet<string> =>
  new Set(
    rows.flatMap((row) =>
      row.id !== undefined && layersOf(row, tables, context).some(({ settings }) => settings.has('output-schema'))
        ? [row.id]
        : [],
    ),
  )

const resolveRow = (row: Row, parts: Parts, context: ManifestContext): Omit<Session, 'row' | 'line'> | undefined => {
  const layers = layersOf(row, parts, context)
  const prompts = promptParts(layers, context)
  for (const part of prompts) checkResults(part, row, parts, context)
  const layer = mergeLayers(layers)
  const prompt = prompts.map(({ value }) => value).join('\n\n')
  const asked = sessionRequest({ layer, prompt, at: row.at }, context)
  if (asked === undefined || row.id === undefined) return undefined
  const { role = null, owner = null } = asked.request
  const afterFailed = (layer.own.get('after-failed')?.value ?? null) as Session['afterFailed']
  return { id: row.id, role, owner, after: textsOf(row.layer, 'after'), afterFailed, prompt, ...asked }
}

const nameOf = (root: Table, { path, mistakes }: ManifestContext): string => {
  const raw = root['name']
  if (raw === undefined) return basename(path, extname(path))
  if (typeof raw === 'string' && NAME.test(raw)) return raw
  mistakes.tell(['name'], 'name: expected letters, digits and . _ -, at most 63')
  return ''
}

/**
 * Reads a manifest: every mistake in it, and the sessions that it asks for. Starts nothing and asks nobody. BerthError
 * bad-file if the manifest cannot be read, config-invalid if the config file or a variable of Berth is wrong.
 */
export const readManifest = (path: string, inForce: InForce): Manifest => {
  const whole = resolve(inForce.cwd, path)
  const file = readFile(whole)
  if (!file.ok)
    throw new BerthError('bad-file', `${path}: ${file.error}`, { hint: 'Name a manifest that you may read.' })
  const text = parseText(file.value, path)
  const mistakes = makeMistakes(path, text.ok ? text.lineOf : () => text.line)
  const context: ManifestContext = { path, folder: dirname(whole), mistakes, inForce }
  if (!text.ok) mistakes.tell([], text.error)
  else if (!isTable(text.root)) mistakes.tell([], `expected a table of ${TABLES.join(', ')}`)
  if (!text.ok || !isTable(text.root)) return { name: '', sessions: [], mistakes: mistakes.all() }
  const { root, lineOf } = { root: text.root, lineOf: text.lineOf }
  for (const key of Object.keys(root))
    if (!TABLES.includes(key) && key !== '$schema')
      mistakes.tell([key], `unknown key ${JSON.stringify(key.slice(0, 80))}${didYouMean(key, TABLES)}`)
  const defaults = readLayer('defaults', tableAt(root, 'defaults', context), ['defaults'], context)
  const bundles = readBundles(root, context)
  const rows = readRows(root, context)
  refuseSameNames(rows, context)
  const tables = { defaults, bundles, inherits: inheritance(bundles, context) }
  refuseSamePlaces(rows, tables, context)
  const parts = { ...tables, after: waiting(rows, context), schemas: withSchema(rows, tables, context) }
  const sessions = rows.flatMap((row, index) => {
    const session = resolveRow(row, parts, context)
    return session === undefined ? [] : [{ ...session, row: index + 1, line: lineOf(row.at) }]
  })
  const name = nameOf(root, context)
  const all = mistakes.all()
  return { name, sessions: all.length === 0 ? sessions : [], mistakes: all }
}
