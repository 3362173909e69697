import { ofAgent } from '../config/load-config.ts'
import { isJoined, type Key, SETTINGS } from '../config/settings.ts'
import type { OwnKey } from './manifest-keys.ts'
import type { Found, Layer } from './read-layer.ts'

type Entries = Readonly<Record<string, string | null>>

/** A table as flags have it. */
const entriesOf = (table: Entries): readonly string[] =>
  Object.entries(table).map(([name, value]) => (value === null ? name : `${name}=${value}`))

/** Tables are joined entry by entry, rules add up, everything else is replaced: as the config file does it. */
const pick = (key: Key, found: readonly [Found, ...Found[]]): Found => {
  const [{ value, at }] = found
  if (SETTINGS[key].type === 'map')
    return { value: entriesOf(Object.assign({}, ...found.toReversed().map((one) => one.value)) as Entries), at }
  if (isJoined(key)) return { value: [...new Set(found.flatMap((one) => one.value as readonly string[]))], at }
  return { value, at }
}

/** Keys that say the same in other ways: a nearer one of them replaces a farther one. */
const PLACES: readonly Key[] = ['workspace', 'workspace-template', 'workspace-prefix']

const withoutOtherPlaces = (all: readonly ReadonlyMap<Key, Found>[]): readonly ReadonlyMap<Key, Found>[] => {
  const nearest = all.findIndex((settings) => PLACES.some((key) => settings.has(key)))
  return all.map((settings, at) =>
    at <= nearest ? settings : new Map([...settings].filter(([key]) => !PLACES.includes(key))),
  )
}

/** Merges what a session, its bundles and the defaults say, the nearest first. Settings come out as flags have them. */
export const mergeLayers = (layers: readonly Layer[]): Layer => {
  const agent = layers.flatMap(({ settings }) => settings.get('agent') ?? [])[0]?.value
  const all = withoutOtherPlaces(
    layers.map(({ settings }) => (typeof agent === 'string' ? ofAgent(settings, agent) : settings)),
  )
  const keys = new Set(all.flatMap((settings) => [...settings.keys()]))
  const settings = new Map<Key, Found>()
  for (const key of keys) {
    const [first, ...others] = all.flatMap((one) => one.get(key) ?? [])
    if (first !== undefined) settings.set(key, pick(key, [first, ...others]))
  }
  const own = new Map<OwnKey, Found>(layers.toReversed().flatMap((layer) => [...layer.own]))
  return { own, settings }
}
