import { join, resolve } from 'node:path'
import { hostPathsFrom } from '../client/host-paths.ts'
import { volumesFrom } from '../client/volumes.ts'
import type { ConfigFile } from '../config/config-file.ts'
import { envFileEntries } from '../config/env-file-entries.ts'
import { isTable, type Table } from '../config/read-section.ts'
import { readValue } from '../config/read-value.ts'
import { isKey, type Key, SETTINGS } from '../config/settings.ts'
import { BerthError } from '../domain/errors.ts'
import { scriptText } from '../domain/startup-script.ts'
import { type Parsed, parsed, unparsed } from '../std/parsed.ts'
import { didYouMean } from '../std/suggest.ts'
import {
  ALIASES,
  isOwnKey,
  type Kind,
  NOT_OF_SESSIONS,
  OWN_KEYS,
  type OwnKey,
  ownKeysOf,
  RESOURCES,
  settingsOf,
} from './manifest-keys.ts'
import type { Mistakes } from './mistakes.ts'
import { readBytes, readFile } from './read-file.ts'

/** A value, and the path of its key in the manifest. */
export type Found = { readonly value: unknown; readonly at: readonly string[] }

/** What one table of a manifest says. */
export type Layer = {
  readonly own: ReadonlyMap<OwnKey, Found>
  /** Tables as tables; all other values as a flag has them. */
  readonly settings: ReadonlyMap<Key, Found>
}

/** What a manifest is read in: the caller's folder and variables, and the config file. */
export type InForce = {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly config: ConfigFile
}

export type ManifestContext = {
  /** The manifest as the user named it. */
  readonly path: string
  /** Its folder from this machine's root: files that it names lie there. */
  readonly folder: string
  readonly mistakes: Mistakes
  readonly inForce: InForce
}

/** The path of a named file as messages show it. */
export const shownPath = ({ path }: ManifestContext, name: string): string =>
  name.startsWith('/') ? name : join(path, '..', name)

/** Paths of this machine from its root, however the manifest wrote them. */
const fromRoot = (folder: string, key: Key, raw: unknown): unknown =>
  key === 'volume' ? volumesFrom(folder, raw) : (hostPathsFrom(folder, { [key]: raw })[key] ?? raw)

/** Settings whose value is what a file has that the manifest names. */
const FROM_FILES: Readonly<Partial<Record<Key, (path: string) => Parsed<unknown>>>> = {
  'output-schema'(path) {
    const text = readFile(path)
    return text.ok ? readValue('output-schema', text.value, 'typed') : text
  },
  'startup-script'(path) {
    const bytes = readBytes(path)
    return bytes.ok ? scriptText(bytes.value) : bytes
  },
}

/** A value as `run` sends it: what a file has, in place of its path. */
const sentValue = (folder: string, key: Key, raw: unknown): Parsed<unknown> => {
  const readFrom = FROM_FILES[key]
  if (readFrom === undefined || typeof raw !== 'string') return parsed(fromRoot(folder, key, raw))
  const read = readFrom(resolve(folder, raw))
  return read.ok ? read : unparsed(`${raw}: ${read.error}`)
}

type Reader = {
  readonly context: ManifestContext
  readonly kind: Kind
  readonly own: Map<OwnKey, Found>
  readonly settings: Map<Key, Found>
}

const unknownKey = (kind: Kind, name: string): string => {
  const reason = isKey(name) ? NOT_OF_SESSIONS[name] : undefined
  if (reason !== undefined) return `${name}: ${reason}`
  if (isKey(name) && SETTINGS[name].scope === 'supervisor')
    return `${name}: this is a setting of the supervisor: write it in the config file`
  if (isOwnKey(name) || name === 'name') return `${name}: this key does not belong here, in a table of kind ${kind}`
  const known = [...ownKeysOf(kind), ...settingsOf(kind), ...Object.keys(ALIASES), 'resources']
  return `unknown key ${JSON.stringify(name.slice(0, 80))}${didYouMean(name, known)}`
}

const readOwn = ({ context, own }: Reader, key: OwnKey, { value, at }: Found): void => {
  const { schema, expected } = OWN_KEYS[key]
  const result = schema.safeParse(value)
  if (result.success) own.set(key, { value: result.data, at })
  else context.mistakes.tell(at, `${key}: expected ${expected}`)
}

/** `name`: the key as the manifest spells it. */
const readSetting = ({ context, settings }: Reader, key: Key, name: string, { value, at }: Found): void => {
  const sent = sentValue(context.folder, key, value)
  const raw = sent.ok ? sent.value : undefined
  const result = sent.ok ? readValue(key, raw, 'typed') : sent
  if (!result.ok) context.mistakes.tell(at, `${name}: ${result.error}`)
  else if (settings.has(key)) context.mistakes.tell(at, `${name}: the table sets ${key} twice`)
  else settings.set(key, { value: SETTINGS[key].type === 'map' ? result.value : raw, at })
}

const readResources = (reader: Reader, { value, at }: Found): void => {
  const { mistakes } = reader.context
  if (!isTable(value)) mistakes.tell(at, `resources: expected a table of ${RESOURCES.join(', ')}`)
  for (const [name, raw] of Object.entries(isTable(value) ? value : {})) {
    const found = { value: raw, at: [...at, name] }
    const key = RESOURCES.find((one) => one === name)
    if (key !== undefined) readSetting(reader, key, `resources.${name}`, found)
    else mistakes.tell(found.at, `resources: unknown key ${JSON.stringify(name)}${didYouMean(name, RESOURCES)}`)
  }
}

/** The name and the value of an entry as --env takes it; null for a value of the shell. */
const variableOf = (entry: string): readonly [string, string | null] => {
  const at = entry.indexOf('=')
  return at < 0 ? [entry.trim(), null] : [entry.slice(0, at), entry.slice(at + 1)]
}

const variablesIn = (context: ManifestContext, name: string, at: readonly string[]) => {
  const shown = shownPath(context, name)
  const read = readFile(resolve(context.folder, name))
  try {
    if (read.ok) return envFileEntries(read.value, shown).map(variableOf)
    context.mistakes.tell(at, `env-file: ${shown}: ${read.error}`)
  } catch (error) {
    if (!(error instanceof BerthError)) throw error
    context.mistakes.tell(at, `env-file: ${error.message}`)
  }
  return []
}

/** The variables of the table's files, which its own `env` overrides. */
const readEnvFiles = ({ context, own, settings }: Reader): void => {
  const files = own.get('env-file')
  if (files === undefined) return
  const names = files.value as readonly string[]
  const env = Object.fromEntries(names.flatMap((name) => variablesIn(context, name, files.at)))
  const written = settings.get('env')
  settings.set('env', { value: { ...env, ...(written?.value as object | undefined) }, at: written?.at ?? files.at })
}

/** Reads a table of `[defaults]`, `[bundles.NAME]` or `[[sessions]]`, and tells every mistake in it. */
export const readLayer = (kind: Kind, table: Table, at: readonly string[], context: ManifestContext): Layer => {
  const reader: Reader = { context, kind, own: new Map(), settings: new Map() }
  for (const [name, value] of Object.entries(table)) {
    const found = { value, at: [...at, name] }
    const own = ownKeysOf(kind).find((one) => one === name)
    const key = settingsOf(kind).find((one) => one === (Object.hasOwn(ALIASES, name) ? ALIASES[name] : name))
    if (own !== undefined) readOwn(reader, own, found)
    else if (key !== undefined) readSetting(reader, key, name, found)
    else if (name === 'resources') readResources(reader, found)
    else context.mistakes.tell(found.at, unknownKey(kind, name))
  }
  if (reader.own.has('prompt') && reader.own.has('prompt-file'))
    context.mistakes.tell([...at, 'prompt-file'], 'prompt-file: there is a prompt, too')
  readEnvFiles(reader)
  return { own: reader.own, settings: reader.settings }
}
