import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { BerthError } from '../domain/errors.ts'
import { parseConfig, readConfigFile } from './config-file.ts'
import { tomlLines } from './toml-lines.ts'

const message = (toml: string): string => {
  try {
    parseConfig(toml, 'f.toml')
  } catch (error) {
    if (error instanceof BerthError && error.code === 'config-invalid') return error.message
    throw error
  }
  throw new Error('expected config-invalid')
}

describe('parseConfig refuses', () => {
  it.each([
    ['engin = "docker"', 'f.toml:1: unknown key "engin" (did you mean engine?)'],
    ['# a\n\nxyzzy = 1', 'f.toml:3: unknown key "xyzzy"'],
    ['repo = "x"', 'f.toml:1: "repo" is a setting of one task: give it as --repo, not in a file'],
    ['engine = 5', 'f.toml:1: engine: expected docker or podman, got 5'],
    ['model = "m"\ncpus = "2"', 'f.toml:2: cpus: expected a number, got "2"'],
    ['memory = true', 'f.toml:1: memory: expected a size like "512m" or "2g", got true'],
    ['memory = "lots"', 'f.toml:1: memory: "lots" is not a size'],
    ['turn-timeout = 90', 'f.toml:1: turn-timeout: expected a duration with its unit'],
    ['volume = "/a:/b"', 'f.toml:1: volume: expected a list of texts'],
    ['[env]\nA = 1', 'f.toml:1: env: expected a table of names and texts'],
    ['[profiles.P]\n"memory" = "1g"\nenigne = "x"', 'f.toml:3: unknown key "enigne" (did you mean engine?)'],
    ['[profiles.P]\nprofile = "Q"', 'f.toml:2: unknown key "profile" (did you mean inherits?)'],
    ['hook = "notify me"', 'f.toml:1: hook: expected a list: the absolute path of a program, then its arguments'],
    ['hook = ["notify", "me"]', 'f.toml:1: hook: "notify" is not the absolute path of a program'],
    [
      'allowed-repositories = ["https://a.org/x"]',
      'f.toml:1: allowed-repositories: "https://a.org/x": a pattern has no scheme',
    ],
    ['allowed-hosts = ["a.org GET"]', 'f.toml:1: allowed-hosts: "a.org GET": write a group or HOST[:PORT] alone'],
    ['mount-roots = ["srv"]', 'f.toml:1: mount-roots: "srv" is not an absolute path'],
    ['env-allow = ["A B"]', 'f.toml:1: env-allow: "A B" is not the name of a variable, nor NAME*'],
    ['image = ""', 'f.toml:1: image: expected the name of an image, got ""'],
    ['hook-on = ["over"]', 'f.toml:1: hook-on: expected a list of queued, running,'],
    ['hook-timeout = "2h"', 'f.toml:1: hook-timeout: give at least 100ms and at most 1h'],
    ['[profiles.P]\nhook = ["/bin/true"]', 'f.toml:2: "hook" is a setting of the supervisor: write it at the top'],
    ['profiles = 3', 'f.toml:1: profiles: expected tables'],
    ['[profiles]\nP = 3', 'f.toml:2: profiles.P: expected a table'],
    ['[profiles.P]\ninherits = "Q"', 'f.toml:2: inherits: there is no profile "Q"'],
    ['[profiles.P]\ninherits = 1', 'f.toml:2: inherits: expected the name of a profile'],
    ['[profiles.A]\ninherits = "B"\n[profiles.B]\ninherits = "A"', 'these profiles inherit each other: A -> B -> A'],
    ['engine = "docker\nimage = "x"', 'f.toml:1: this is not valid TOML'],
    ['engine = "a"\nengine = "b"', 'f.toml:2: this is not valid TOML'],
  ])('%j', (toml, words) => expect(message(toml)).toContain(words))
})

describe('parseConfig', () => {
  it('takes any text without another error than its own', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '[profiles.P]',
        '[env]',
        'engine = "docker"',
        'memory = 1',
        'inherits = "P"',
        '"""',
        "k = '''",
        'volume = ["/a:/b"]',
      ),
    )
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        try {
          parseConfig(lines.join('\n'), 'f.toml')
        } catch (error) {
          expect(error).toBeInstanceOf(BerthError)
          expect((error as Error).message).toMatch(/^f\.toml:\d+: /)
        }
      }),
    )
  })
})

describe('tomlLines', () => {
  it('finds keys in tables, dotted and quoted, and looks into no text', () => {
    const toml =
      'a = """\nb = 1\n"""\nb = 2\nenv.X = "1"\n["profiles"."my p"]\n  \'c\' = 1\n[env2]\n[profiles.q.env]\nZ = "1"'
    const line = tomlLines(toml)
    expect(
      [['a'], ['b'], ['env'], ['profiles', 'my p', 'c'], ['env2'], ['profiles', 'q', 'env'], ['none']].map(line),
    ).toEqual([1, 4, 5, 7, 8, 9, 1])
  })
})

it('finds keys in the elements of a list of tables, and in the tables below them', () => {
  const toml =
    '[[s]]\nid = 1\n[s.env]\nA = 1\n[[s]]\nid = 2\n[s.env.b]\nB = 1\n[[s.t]]\nx = 1\n[[s.t]]\nx = 2\n[u]\nid = 3'
  const line = tomlLines(toml)
  const paths = ['s.0', 's.0.id', 's.0.env.A', 's.1.id', 's.1.env.b.B', 's.1.t.0.x', 's.1.t.1.x', 'u.id', 's.1.none']
  expect(paths.map((path) => line(path.split('.')))).toEqual([1, 2, 4, 6, 8, 10, 12, 14, 5])
})

describe('readConfigFile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-config-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('is empty where there is no file, and says why a file cannot be read', () => {
    expect(readConfigFile(join(folder, 'none.toml')).exists).toBe(false)
    expect(() => readConfigFile(folder)).toThrow(/the config file cannot be read: EISDIR/)
  })

  it('reads a file with the lines of its keys', () => {
    const path = join(folder, 'config.toml')
    writeFileSync(path, '# mine\nengine = "podman"\n')
    expect(readConfigFile(path).values.get('engine')).toEqual({ value: 'podman', line: 2 })
  })
})

it('each mistake is told where somebody takes them, and what is right beside them is read', () => {
  const toml =
    'engine = "podman"\nmemroy = "1g"\npids = "many"\n[profiles.p]\ncpus = "two"\nmodel = "m"\n[agents.codex]\nmodel = 3\n'
  const mistakes: string[] = []
  const file = parseConfig(toml, 'f.toml', (error) => void mistakes.push(error.message))
  expect(mistakes.map((one) => one.slice(0, 9)).sort()).toEqual(['f.toml:2:', 'f.toml:3:', 'f.toml:5:', 'f.toml:8:'])
  expect([...file.values.keys()]).toEqual(['engine'])
  expect(file.profiles.get('p')?.values.get('model')?.value).toBe('m')
  expect(parseConfig('engine = \n', 'f.toml', () => {}).values.size).toBe(0)
})
