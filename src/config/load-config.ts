import { BerthError } from '../domain/errors.ts'
import { taskRequest } from '../domain/request.ts'
import { didYouMean } from '../std/suggest.ts'
import { type ConfigFile, OF_AGENTS, readConfigFile, type Section } from './config-file.ts'
import { readValue } from './read-value.ts'
import { isKey, KEYS, type Key, SETTINGS, type Setting, type Values, variableOf } from './settings.ts'

export type Config = {
  readonly values: Values
  /** `flag --engine`, `env BERTH_ENGINE`, `profile P (FILE:LINE)`, `FILE:LINE`, `default`; several joined by ` + `. */
  readonly origins: Readonly<Record<Key, string>>
  readonly file: { readonly path: string; readonly exists: boolean }
  readonly providers: ConfigFile['providers']
  /** The variables of the flags alone; null: one that is only named. */
  readonly flagEnv: Readonly<Record<string, string | null>>
}

type Layer = ReadonlyMap<Key, { readonly value: unknown; readonly origin: string }>
type Settings = Readonly<Record<string, unknown>>
type Env = Readonly<Record<string, string | undefined>>

const flagLayer = (flags: Settings): Layer => {
  const layer = new Map<Key, { value: unknown; origin: string }>()
  for (const [name, raw] of Object.entries(flags)) {
    if (raw === undefined || raw === null) continue
    if (!isKey(name))
      throw new BerthError('usage', `--${name}: there is no such setting${didYouMean(name, KEYS, (key) => `--${key}`)}`)
    if (SETTINGS[name].scope === 'supervisor')
      throw new BerthError(
        'usage',
        `--${name}: this is a setting of the supervisor, not of a task: write it in the config file`,
      )
    const result = readValue(name, raw, 'flag')
    if (!result.ok) throw new BerthError(SETTINGS[name].code, `--${name}: ${result.error}`)
    layer.set(name, { value: result.value, origin: `flag --${name}` })
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

const sectionLayer = (section: Section, path: string, profile: string | null): Layer =>
  new Map(
    [...section].map(([key, { value, line }]) => {
      const place = `${path}:${line}`
      return [key, { value, origin: profile === null ? place : `profile ${profile} (${place})` }]
    }),
  )

/** A profile and what it inherits, the nearest first. */
const profileLayers = (file: ConfigFile, name: string | undefined, from: string | undefined): readonly Layer[] => {
  if (name === undefined) return []
  if (!file.profiles.has(name)) {
    const known = [...file.profiles.keys()]
    const there = known.length === 0 ? `${file.path} has no profiles` : `there are ${known.join(', ')}`
    throw new BerthError('config-invalid', `${from}: there is no profile "${name}"; ${there}${didYouMean(name, known)}`)
  }
  const layers: Layer[] = []
  let next: string | undefined = name
  while (next !== undefined) {
    const profile = file.profiles.get(next)
    if (profile === undefined) break
    layers.push(sectionLayer(profile.values, file.path, next))
    next = profile.inherits === null ? undefined : String(profile.inherits.value)
  }
  return layers
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

type Held = { readonly value: unknown; readonly origin: string }

/** Tables are joined entry by entry, everything else is replaced. */
const pick = (key: Key, layers: readonly Layer[]): Held => {
  const found = layers.flatMap((layer) => layer.get(key) ?? [])
  const first = found[0] ?? { value: null, origin: 'default' }
  if (SETTINGS[key].type !== 'map') return first
  const joined = Object.assign({}, ...found.toReversed().map(({ value }) => value as object))
  const told = found.filter(({ origin }) => origin !== 'default')
  return { value: joined, origin: told.length === 0 ? 'default' : told.map(({ origin }) => origin).join(' + ') }
}

/** What the file has for the agent in force alone. */
const agentLayer = (file: ConfigFile, agent: string): Layer =>
  new Map(
    [...(file.agents.get(agent) ?? [])].map(([key, { value, line }]) => [
      key,
      { value, origin: `agents.${agent} (${file.path}:${line})` },
    ]),
  )

/** A model that stands beside the name of an agent is that agent's, and none for another. */
const ofAgent = (layer: Layer, agent: string): Layer => {
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

/** What is in force, and where each value comes from: flag over environment over profile over file over default. */
export const mergeConfig = (flags: Settings, env: Env, file: ConfigFile): Config => {
  const upper = [flagLayer(flags), envLayer(env)]
  const own = sectionLayer(file.values, file.path, null)
  const profile = [...upper, own].flatMap((layer) => layer.get('profile') ?? [])[0]
  const named = profile === undefined ? undefined : String(profile.value)
  const profiles = profileLayers(file, named, profile?.origin)
  const defaults = requestDefaults()
  const agent = String(pick('agent', [...upper, ...profiles, own, defaults]).value)
  const layers = [...upper, ...profiles, agentLayer(file, agent), own].map((layer) => ofAgent(layer, agent))
  layers.push(defaults)
  const held = KEYS.map((key) => [key, pick(key, layers)] as const)
  return {
    values: Object.fromEntries(held.map(([key, { value }]) => [key, value])) as Values,
    origins: Object.fromEntries(held.map(([key, { origin }]) => [key, origin])) as Record<Key, string>,
    file: { path: file.path, exists: file.exists },
    providers: file.providers,
    flagEnv: (upper[0]?.get('env')?.value ?? {}) as Config['flagEnv'],
  }
}

/** Reads the config file and merges it with flags and environment. Throws BerthError with the place of the mistake. */
export const loadConfig = ({ flags, env, file }: LoadInput): Config => mergeConfig(flags, env, readConfigFile(file))
