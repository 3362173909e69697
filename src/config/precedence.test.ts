import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FLAGS } from '../cli/flags.ts'
import { parseConfig } from './config-file.ts'
import { configSchema } from './config-schema.ts'
import { mergeConfig } from './load-config.ts'
import { SECTION_KEYS } from './read-section.ts'
import { readValue } from './read-value.ts'
import {
  EXPERIMENTAL_KEYS,
  FILE_KEYS,
  FLAG_WORDS,
  fileName,
  isJoined,
  KEYS,
  type Key,
  SETTINGS,
  variableOf,
} from './settings.ts'

/** Texts for each key, as a command line has them; neighbouring layers get different ones. */
const OF_KEYS: Readonly<Partial<Record<Key, readonly string[]>>> = {
  'base-url': ['http://a', 'http://b', 'http://c'],
  engine: ['docker', 'podman'],
  user: ['1', '2:3', '4'],
  workdir: ['/a', '/b', '/c'],
  workspace: ['/a', '/b', '/c'],
  'workspace-template': ['/a-{n}', '/b-{n}', '/c-{n}'],
  'workspace-prefix': ['/a-', '/b-', '/c-'],
  volume: ['/a:/x', '/b:/x', '/c:/x'],
  tmpfs: ['/a', '/b:exec', '/c'],
  'seccomp-profile': ['/a', '/b', '/c'],
  output: ['/a', '/b', '/c'],
  'transcript-dir': ['/a', '/b', '/c'],
  timezone: ['UTC', 'Europe/Rome', 'Asia/Tokyo'],
  ulimit: ['nofile=1', 'nofile=2:3', 'nofile=4'],
  gpus: ['all', '2', 'device=0'],
  device: ['/dev/a', '/dev/b', '/dev/c:r'],
  publish: ['1:2', '3:4', '127.0.0.2:5:6/udp'],
  allow: ['a.org', 'b.org', 'c.org'],
  deny: ['a.org', 'b.org', 'c.org'],
  env: ['A=1', 'A=2', 'A=3'],
  credential: ['K=env:A', 'K=env:B', 'K=file:/c'],
  isolation: ['host', 'container'],
  lfs: ['on', 'off'],
  pull: ['always', 'never', 'missing'],
  policy: ['open', 'sandboxed'],
  push: ['none', 'runner'],
  author: ['A <a@x.org>', 'B <b@x.org>', 'C <c@x.org>'],
  'co-author': ['A <a@x.org>', 'B <b@x.org>', 'C <c@x.org>'],
  'ssh-key': ['/a', '/b', '/c'],
  sign: ['api', 'gpg:AB12', 'ssh:/k'],
  submodules: ['own-host', 'all', 'none'],
  uncommitted: ['keep', 'discard', 'commit'],
  'output-tries': ['1', '3'],
  'rate-limit': ['fail', 'wait'],
  'git-credentials': ['inside', 'outside'],
  'login-route': ['tls', 'base-url'],
  source: ['copy', 'mount', 'clone'],
  mode: ['review', 'exec'],
  hook: ['/bin/a', '/bin/b', '/bin/c'],
  'workspace-base-dir': ['/a', '/b', '/c'],
  'mount-roots': ['/a', '/b', '/c'],
  'ca-file': ['/a', '/b', '/c'],
  'login-issuer': ['http://a.example', 'https://b.example/x', 'http://127.0.0.1:9'],
  'allowed-repositories': ['a.org/x', 'b.org/*', '/srv/*'],
  'allowed-hosts': ['a.org', 'npm', '*.c.org:8443'],
  'env-allow': ['A', 'B', 'C*'],
  'hook-on': ['done', 'failed', 'died'],
  'github-app-id': ['1', 'Iv23abcd', '3'],
  'github-private-key': ['/a', 'env:B', '~/c'],
  'github-api-url': ['https://a.example/api/v3', 'https://b.example/api/v3', 'https://api.github.com'],
  'github-token': ['env:A', 'file:/b', 'command:gh auth token'],
  'label-concurrency': ['a=1', 'a=2', 'a=3'],
}
const OF_TYPES: Readonly<Record<string, readonly string[]>> = {
  string: ['a', 'b', 'c'],
  number: ['17', '18', '19'],
  boolean: ['true', 'false'],
  bytes: ['1g', '2g', '3g'],
  duration: ['1m', '2m', '3m'],
  map: ['k=a', 'k=b', 'k=c'],
  list: ['a', 'b', 'c'],
  schema: ['{"type":"string"}'],
}
const textAt = (key: Key, layer: number): string => {
  const texts = OF_KEYS[key] ?? OF_TYPES[SETTINGS[key].type] ?? []
  return texts[layer % texts.length] ?? ''
}

const isMany = (key: Key) => SETTINGS[key].type === 'map' || SETTINGS[key].type === 'list'
const inFlag = (key: Key, layer: number) => (isMany(key) ? [textAt(key, layer)] : textAt(key, layer))
const inToml = (key: Key, layer: number): string => {
  const text = textAt(key, layer)
  if (isMany(key)) return `${fileName(key)} = ${JSON.stringify([text])}`
  return `${fileName(key)} = ${['number', 'boolean'].includes(SETTINGS[key].type) ? text : JSON.stringify(text)}`
}

type Layer = 'flag' | 'env' | 'preset' | 'profile' | 'agents' | 'file'
const ORDER: readonly Layer[] = ['flag', 'env', 'preset', 'profile', 'agents', 'file']

/** The layers in which a key may stand. */
const layersOf = (key: Key): readonly Layer[] => {
  const { scope } = SETTINGS[key]
  if (scope === 'request') return ['flag']
  const may: Readonly<Record<Layer, boolean>> = {
    flag: scope !== 'supervisor',
    env: true,
    preset: SECTION_KEYS.preset.includes(key),
    profile: SECTION_KEYS.profile.includes(key),
    agents: SECTION_KEYS.agent.includes(key),
    file: true,
  }
  return ORDER.filter((layer) => may[layer])
}

/** Names of profiles and presets that the values of these two keys select. */
const NAMED = ['a', 'b', 'c'].map((name) => `[profiles.${name}]\n[presets.${name}]\n`).join('')

const load = (key: Key, layers: readonly Layer[]) => {
  const has = (layer: Layer) => layers.includes(layer)
  const at = (layer: Layer) => ORDER.indexOf(layer)
  const line = (layer: Layer) => (has(layer) ? `${inToml(key, at(layer))}\n` : '')
  const selection = [
    ...(key === 'profile' ? [] : ['profile = "P"']),
    ...(key === 'preset' || key === 'profile' ? [] : ['preset = "S"']),
  ]
  const toml = `${line('file')}${selection.join('\n')}\n[presets.S]\n${line('preset')}[profiles.P]\n${line('profile')}[agents.codex]\n${line('agents')}${NAMED}`
  return mergeConfig(
    has('flag') ? { [key]: inFlag(key, at('flag')) } : {},
    has('env') ? { [variableOf(key)]: textAt(key, at('env')) } : {},
    parseConfig(toml, 'f.toml'),
  )
}

const ORIGIN: Readonly<Record<Layer, RegExp>> = {
  flag: /^flag --/,
  env: /^env BERTH_/,
  preset: /^preset S \(/,
  profile: /^profile P \(/,
  agents: /^agents\.codex \(/,
  file: /^f\.toml:1$/,
}

describe('every key, in every place where it may stand', () => {
  const cases = KEYS.flatMap((key) => layersOf(key).map((layer, index) => [key, layer, index] as const))
  it.each(cases)('%s: %s beats all places below it', (key, layer, index) => {
    const layers = layersOf(key).slice(index)
    const { values, origins } = load(key, layers)
    const expected = readValue(key, inFlag(key, ORDER.indexOf(layer)), 'flag')
    expect(expected.ok).toBe(true)
    const value = values[key]
    // The layers of some lists add up, the nearest first.
    const nearest = isJoined(key) && Array.isArray(value) ? value.slice(0, 1) : value
    expect(nearest).toEqual(expected.ok ? expected.value : undefined)
    expect(origins[key].split(' + ')[0]).toMatch(ORIGIN[layer])
  })

  it.each(KEYS)('%s: the default is last, and says so', (key) => {
    expect(mergeConfig({}, {}, parseConfig('', 'f.toml')).origins[key]).toBe('default')
  })
})

describe('every key', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'configuration.md'), 'utf8')
  const schema = configSchema() as {
    readonly properties: object
    readonly definitions: { readonly settings: Readonly<Record<string, unknown>> }
  }

  it.each(KEYS)('%s has its flag, variable, schema and page', (key) => {
    const { scope } = SETTINGS[key]
    const flags = [...FLAGS.map((flag) => flag.key), 'profile']
    // Some are written otherwise; the supervisor takes its settings from no command line.
    if (FLAG_WORDS[key] === undefined && scope !== 'supervisor') expect(flags).toContain(key)
    if (scope === 'request') {
      expect(page).toContain(`| \`${FLAG_WORDS[key] ?? `--${key}`}\` |`)
      return
    }
    expect(page).toContain(`| \`${fileName(key)}\` | \`${variableOf(key)}\` |`)
    expect(JSON.stringify(schema.properties)).toContain(`{"$ref":"#/definitions/settings/${key}"}`)
    expect(Object.keys(schema.definitions.settings)).toContain(key)
  })

  it.each(EXPERIMENTAL_KEYS)('%s is marked as experimental in help, schema and page', (key) => {
    expect(FLAGS.find((flag) => flag.key === key)?.description).toMatch(/\((one of .*; )?experimental/)
    expect(page).toMatch(new RegExp(`^\\| \`${key}\` .*\\*\\*Experimental\\.\\*\\*`, 'm'))
    expect(JSON.stringify(schema.definitions.settings[key])).toContain('Experimental: it may change')
  })

  it('of the file is in the schema, and nothing else is', () => {
    const tables = ['profiles', 'presets', 'agents', 'providers', 'prices', 'github']
    const flat = FILE_KEYS.filter((key) => fileName(key) === key)
    expect(Object.keys(schema.properties).toSorted()).toEqual([...flat, ...tables].toSorted())
    expect(Object.keys(schema.definitions.settings).toSorted()).toEqual(FILE_KEYS.toSorted())
  })
})
