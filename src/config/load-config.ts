import { BerthError } from '../domain/errors.ts'
import { type TaskRequest, taskRequest } from '../domain/request.ts'
import { didYouMean } from '../std/suggest.ts'
import { type ConfigFile, readConfigFile } from './config-file.ts'
import { type BundleKind, lineageOf } from './read-bundles.ts'
import type { Section } from './read-section.ts'
import { readValue } from './read-value.ts'
import { isJoined, isKey, KEYS, type Key, SETTINGS, type Setting, type Values, variableOf } from './settings.ts'

export type Config = {
  readonly values: Values
  /** `flag --engine`, `env BERTH_ENGINE`, `preset P (FILE:LINE)`, `profile P (FILE:LINE)`, `agents.NAME (FILE:LINE)` or `providers.NAME (FILE:LINE)` as the file spells it, `FILE:LINE`, `default`; several joined by ` + `. */
  readonly origins: Readonly<Record<Key, string>>
  readonly file: { readonly path: string; readonly exists: boolean }
  readonly providers: ConfigFile['providers']
  /** The rules on the network, each with the layer that has it, the nearest first. */
  readonly rules: { readonly allow: Rules; readonly deny: Rules }
  /** The variables of the flags alone; null: one that is only named. */
  readonly flagEnv: Readonly<Record<string, string | null>>
}

type Rules = TaskRequest['allow']

/** A value, and what set it. */
export type Held = { readonly value: unknown; readonly origin: string }
type Layer = ReadonlyMap<Key, Held>
type Settings = Readonly<Record<string, unknown>>
type Env = Readonly<Record<string, string | undefined>>

/** Reads one setting as a flag or a request gives it; undefined where it gives none. Throws BerthError. */
export const readFlag = (name: string, raw: unknown): { readonly key: Key; readonly held: Held } | undefined => {
  if (raw === undefined || raw === null) return undefined
  if (!isKey(name))
    throw new BerthError('usage', `--${name}: there is no such setting${didYouMean(name, KEYS, (key) => `--${key}`)}`)
  if (SETTINGS[name].scope === 'supervisor')
    throw new BerthError(
      'usage',
      `--${name}: this is a setting of the supervisor, not of a task: write it in the config file`,
    )
  const result = readValue(name, raw, 'flag')
  if (!result.ok) throw new BerthError(SETTINGS[name].code, `--${name}: ${result.error}`)
  return { key: name, held: { value: result.value, origin: `flag --${name}` } }
}

const flagLayer = (flags: Settings): Layer => {
  const layer = new Map<Key, Held>()
  for (const [name, raw] of Object.entries(flags)) {
    const read = readFlag(name, raw)
    if (read !== undefined) layer.set(read.key, read.held)
  }
  return layer
}

const envLayer = (env: Env): Layer => {
  const layer = new Map<Key, { value: unknown; origin: string }>()
  for (const key of KEYS) {
    const raw = env[variableOf(key)]
    if (raw === undefined || raw === '' || SETTINGS[key].scope === 'request') continue
    const result = readValue(key, raw, 'variable')
    if (!result.ok) throw new BerthError('config-invalid', `${variableOf(key)}: ${result.error}`)
    layer.set(key, { value: result.value, origin: `env ${variableOf(key)}` })
  }
  return layer
}

const sectionLayer = (section: Section, path: string, owner: string | null): Layer =>
  new Map(
    [...section].map(([key, { value, line, table = owner }]) => {
      const place = `${path}:${line}`
      return [key, { value, origin: table === null ? place : `${table} (${place})` }]
    }),
  )

/** A profile or preset and all that it inherits from, the nearest first. */
const bundleLayers = (file: ConfigFile, kind: BundleKind, chosen: Held | undefined): readonly Layer[] => {
  if (chosen === undefined) return []
  const bundles = kind === 'profile' ? file.profiles : file.presets
  const name = String(chosen.value)
  if (!bundles.has(name)) {
    const known = [...bundles.keys()]
    const there = known.length === 0 ? `${file.path} has no ${kind}s` : `there are ${known.join(', ')}`
    throw new BerthError(
      'config-invalid',
      `${chosen.origin}: there is no ${kind} "${name}"; ${there}${didYouMean(name, known)}`,
      { hint: `Name another ${kind}, or write [${kind}s.${name}] into ${file.path}.` },
    )
  }
  return lineageOf(bundles, name).map((one) =>
    sectionLayer(bundles.get(one)?.values ?? new Map(), file.path, `${kind} ${one}`),
  )
}

const requestDefaults = (): Layer => {
  const defaults: Settings = taskRequest.parse({ prompt: '' })
  const plain = KEYS.flatMap((key) => {
    const setting = SETTINGS[key] as unknown as Setting<unknown>
    if (setting.fallback !== undefined) return [[key, { value: setting.fallback, origin: 'default' }] as const]
    if (setting.type === 'map') return [[key, { value: {}, origin: 'default' }] as const]
    if (setting.type === 'list') return [[key, { value: [], origin: 'default' }] as const]
    const value = defaults[key.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())]
    return value === undefined ? [] : [[key, { value, origin: 'default' }] as const]
  })
  return new Map(plain)
}

/** Tables are joined entry by entry, rules add up, everything else is replaced. */
const pick = (key: Key, layers: readonly Layer[]): Held => {
  const found = layers.flatMap((layer) => layer.get(key) ?? [])
  const first = found[0] ?? { value: null, origin: 'default' }
  if (SETTINGS[key].type !== 'map' && !isJoined(key)) return first
  const joined = isJoined(key)
    ? [...new Set(found.flatMap(({ value }) => value as readonly string[]))]
    : Object.assign({}, ...found.toReversed().map(({ value }) => value as object))
  const told = found.filter(({ origin }) => origin !== 'default')
  return { value: joined, origin: told.length === 0 ? 'default' : told.map(({ origin }) => origin).join(' + ') }
}

const ruleOrigin = (origin: string): Rules[number]['origin'] => {
  if (origin.startsWith('flag ')) return 'flag'
  return origin.startsWith('preset ') ? 'preset' : 'configuration'
}

/** Each rule once, with the nearest layer that has it. */
const rulesOf = (key: 'allow' | 'deny', layers: readonly Layer[]): Rules => {
  const origins = new Map<string, Rules[number]['origin']>()
  for (const { value, origin } of layers.flatMap((layer) => layer.get(key) ?? []))
    for (const target of value as readonly string[]) if (!origins.has(target)) origins.set(target, ruleOrigin(origin))
  return [...origins].map(([target, origin]) => ({ target, origin }))
}

/** What fits one agent and hardly another. */
const OF_AGENTS: readonly Key[] = ['model', 'base-url', 'provider-arg']

/** A model that stands beside the name of an agent is that agent's, and none for another. */
export const ofAgent = <T extends { readonly value: unknown }>(
  layer: ReadonlyMap<Key, T>,
  agent: string,
): ReadonlyMap<Key, T> => {
  const named = layer.get('agent')
  if (named === undefined || named.value === agent) return layer
  return new Map([...layer].filter(([key]) => !OF_AGENTS.includes(key)))
}

export type LoadInput = {
  /** Settings by key, as a command line or an API request has them: text, lists of text, numbers, booleans. */
  readonly flags: Settings
  readonly env: Env
  readonly file: string
}

/** The layers that can set a key, the nearest first; what stands in a layer that names another agent is left out. */
const layersOf = (flags: Settings, env: Env, file: ConfigFile): readonly Layer[] => {
  const upper = [flagLayer(flags), envLayer(env)]
  const own = sectionLayer(file.values, file.path, null)
  const nearest = (key: Key, layers: readonly Layer[]) => layers.flatMap((layer) => layer.get(key) ?? [])[0]
  const profiles = bundleLayers(file, 'profile', nearest('profile', [...upper, own]))
  const presets = bundleLayers(file, 'preset', nearest('preset', [...upper, ...profiles, own]))
  const defaults = requestDefaults()
  const agent = String(nearest('agent', [...upper, ...presets, ...profiles, own, defaults])?.value)
  const ofTheAgent = sectionLayer(file.agents.get(agent) ?? new Map(), file.path, null)
  return [...[...upper, ...presets, ...profiles, ofTheAgent, own].map((layer) => ofAgent(layer, agent)), defaults]
}

/**
 * What is in force, and where each value comes from: flag over environment over preset over profile over the agent's
 * table over file over default.
 */
export const mergeConfig = (flags: Settings, env: Env, file: ConfigFile): Config => {
  const layers = layersOf(flags, env, file)
  const held = KEYS.map((key) => [key, pick(key, layers)] as const)
  return {
    values: Object.fromEntries(held.map(([key, { value }]) => [key, value])) as Values,
    origins: Object.fromEntries(held.map(([key, { origin }]) => [key, origin])) as Record<Key, string>,
    file: { path: file.path, exists: file.exists },
    providers: file.providers,
    rules: { allow: rulesOf('allow', layers), deny: rulesOf('deny', layers) },
    flagEnv: (layers[0]?.get('env')?.value ?? {}) as Config['flagEnv'],
  }
}

/** What each layer says of a key, the nearest first. */
export const explainKey = (flags: Settings, env: Env, file: ConfigFile, key: Key): readonly Held[] =>
  layersOf(flags, env, file).flatMap((layer) => layer.get(key) ?? [])

/** Reads the config file and merges it with flags and environment. Throws BerthError with the place of the mistake. */
export const loadConfig = ({ flags, env, file }: LoadInput): Config => mergeConfig(flags, env, readConfigFile(file))
