import { describe, expect, it } from 'vitest'
import { parseConfig } from './config-file.ts'
import { mergeConfig } from './load-config.ts'
import { FILE_KEYS, KEYS, SETTINGS, SUPERVISOR_KEYS, variableOf } from './settings.ts'

const PATH = '/c/config.toml'
const load = (input: { flags?: Record<string, unknown>; env?: Record<string, string>; toml?: string }) =>
  mergeConfig(input.flags ?? {}, input.env ?? {}, parseConfig(input.toml ?? '', PATH))

/** Four different values for each key: as a flag, as a variable, in a profile, in the file; and what they read as. */
const SAMPLES: Readonly<Record<string, readonly [unknown, string, string, string, readonly unknown[]]>> = {
  agent: ['a', 'b', '"c"', '"d"', ['a', 'b', 'c', 'd']],
  'detach-keys': ['a,b', 'ctrl-c', '"d"', '"ctrl-["', ['a,b', 'ctrl-c', 'd', 'ctrl-[']],
  model: ['a', 'b', '"c"', '"d"', ['a', 'b', 'c', 'd']],
  'base-url': ['http://a', 'http://b', '"http://c"', '"http://d"', ['http://a', 'http://b', 'http://c', 'http://d']],
  'provider-arg': [['k=a'], 'k=b', '{ k = "c" }', '["k=d"]', [{ k: 'a' }, { k: 'b' }, { k: 'c' }, { k: 'd' }]],
  isolation: ['host', 'container', '"host"', '"container"', ['host', 'container', 'host', 'container']],
  engine: ['docker', 'podman', '"docker"', '"podman"', ['docker', 'podman', 'docker', 'podman']],
  image: ['a', 'b', '"c"', '"d"', ['a', 'b', 'c', 'd']],
  pull: ['always', 'never', '"missing"', '"always"', ['always', 'never', 'missing', 'always']],
  policy: ['open', 'sandboxed', '"open"', '"sandboxed"', ['open', 'sandboxed', 'open', 'sandboxed']],
  allow: [
    ['a.org'],
    'b.org,c.org:8443 GET',
    '["d.org"]',
    '["npm"]',
    [
      ['a.org', 'b.org', 'c.org:8443 GET', 'd.org', 'npm'],
      ['b.org', 'c.org:8443 GET', 'd.org', 'npm'],
      ['d.org', 'npm'],
      ['npm'],
    ],
  ],
  deny: [
    ['a.org'],
    'b.org',
    '["a.org"]',
    '["d.org"]',
    [['a.org', 'b.org', 'd.org'], ['b.org', 'a.org', 'd.org'], ['a.org', 'd.org'], ['d.org']],
  ],
  memory: ['1g', '2g', '"3g"', '4294967296', [2 ** 30, 2 * 2 ** 30, 3 * 2 ** 30, 4 * 2 ** 30]],
  cpus: ['1', '1.5', '2', '2.5', [1, 1.5, 2, 2.5]],
  pids: ['101', '102', '103', '104', [101, 102, 103, 104]],
  'shm-size': ['1m', '2m', '"3m"', '4194304', [2 ** 20, 2 * 2 ** 20, 3 * 2 ** 20, 4 * 2 ** 20]],
  ulimit: [
    ['nofile=1'],
    'nofile=2:3',
    '{ nofile = "4" }',
    '["nofile=5"]',
    [{ nofile: '1' }, { nofile: '2:3' }, { nofile: '4' }, { nofile: '5' }],
  ],
  gpus: ['all', '2', '"device=0"', '"1"', ['all', '2', 'device=0', '1']],
  device: [
    ['/dev/fuse'],
    '/dev/a,/dev/b:/dev/c:r',
    '["/dev/d"]',
    '["/dev/e"]',
    [['/dev/fuse'], ['/dev/a', '/dev/b:/dev/c:r'], ['/dev/d'], ['/dev/e']],
  ],
  publish: [['1:2'], '3:4,5:6/udp', '["7:8"]', '["9:10"]', [['1:2'], ['3:4', '5:6/udp'], ['7:8'], ['9:10']]],
  runtime: ['a', 'b', '"c"', '"d"', ['a', 'b', 'c', 'd']],
  user: ['1', '2:3', '"4"', '"5:6"', ['1', '2:3', '4', '5:6']],
  workdir: ['/a', '/b', '"/c"', '"/d"', ['/a', '/b', '/c', '/d']],
  env: [['A=1', 'B'], 'A=2', '{ A = "3" }', '["A=4"]', [{ A: '1', B: null }, { A: '2' }, { A: '3' }, { A: '4' }]],
  credential: [
    ['K=env:A'],
    'K=env:B',
    '{ K = "file:/c" }',
    '["K=command:d e"]',
    [{ K: 'env:A' }, { K: 'env:B' }, { K: 'file:/c' }, { K: 'command:d e' }],
  ],
  login: ['a', 'none', '"c"', '"d"', ['a', 'none', 'c', 'd']],
  'login-route': ['tls', 'base-url', '"tls"', '"base-url"', ['tls', 'base-url', 'tls', 'base-url']],
  'login-header': [['a=1'], 'a=2', '{ a = "3" }', '["a=4"]', [{ a: '1' }, { a: '2' }, { a: '3' }, { a: '4' }]],
  volume: [
    ['/a:/x'],
    '/b:/x,/c:/y:ro',
    '["/d:/x"]',
    '["/e:/x"]',
    [['/a:/x'], ['/b:/x', '/c:/y:ro'], ['/d:/x'], ['/e:/x']],
  ],
  'read-only': [true, 'false', 'true', 'false', [true, false, true, false]],
  tmpfs: [
    ['/a'],
    '["/b:size=1m,exec"]',
    '["/d", "/e:ro"]',
    '["/f"]',
    [['/a'], ['/b:size=1m,exec'], ['/d', '/e:ro'], ['/f']],
  ],
  'security-label': [
    ['disable'],
    'type:a_t,level:s0',
    '["b_t"]',
    '["user:c"]',
    [['disable'], ['type:a_t', 'level:s0'], ['b_t'], ['user:c']],
  ],
  'seccomp-profile': ['/a', '/b', '"/c"', '"/d"', ['/a', '/b', '/c', '/d']],
  'apparmor-profile': ['a', '/b', '"c"', '"/d"', ['a', '/b', 'c', '/d']],
  timezone: ['UTC', 'Europe/Rome', '"Asia/Tokyo"', '"Etc/GMT+1"', ['UTC', 'Europe/Rome', 'Asia/Tokyo', 'Etc/GMT+1']],
  locale: ['C', 'de_DE', '"de_DE.UTF-8"', '"ca_ES@valencia"', ['C', 'de_DE', 'de_DE.UTF-8', 'ca_ES@valencia']],
  label: [['l=1'], 'l=2', '{ l = "3" }', '["l=4"]', [{ l: '1' }, { l: '2' }, { l: '3' }, { l: '4' }]],
  role: ['a', 'b', '"c"', '"d"', ['a', 'b', 'c', 'd']],
  owner: ['a@x.org', 'b', '"c"', '"d"', ['a@x.org', 'b', 'c', 'd']],
  push: ['none', 'runner', '"none"', '"runner"', ['none', 'runner', 'none', 'runner']],
  submodules: ['none', 'own-host', '"all"', '"none"', ['none', 'own-host', 'all', 'none']],
  depth: ['1', '2', '3', '4', [1, 2, 3, 4]],
  lfs: ['off', 'on', '"off"', '"on"', ['off', 'on', 'off', 'on']],
  'push-retries': ['0', '1', '2', '4', [0, 1, 2, 4]],
  'push-to': ['a', 'b', '"c"', '"d"', ['a', 'b', 'c', 'd']],
  'git-credentials': ['inside', 'outside', '"inside"', '"outside"', ['inside', 'outside', 'inside', 'outside']],
  pr: [true, 'false', 'true', 'false', [true, false, true, false]],
  'pr-draft': [true, 'false', 'true', 'false', [true, false, true, false]],
  'pr-base': ['a', 'b', '"c"', '"d"', ['a', 'b', 'c', 'd']],
  'pr-label': [['a'], 'b,c', '["d"]', '["e"]', [['a'], ['b', 'c'], ['d'], ['e']]],
  'pr-reviewer': [['a'], 'b,c', '["d"]', '["e"]', [['a'], ['b', 'c'], ['d'], ['e']]],
  author: [
    'A <a@x.org>',
    'B <b@x.org>',
    '"C <c@x.org>"',
    '"D <d@x.org>"',
    ['A <a@x.org>', 'B <b@x.org>', 'C <c@x.org>', 'D <d@x.org>'],
  ],
  'co-author': [
    ['A <a@x.org>'],
    'B <b@x.org>,C <c@x.org>',
    '["D <d@x.org>"]',
    '["E <e@x.org>"]',
    [['A <a@x.org>'], ['B <b@x.org>', 'C <c@x.org>'], ['D <d@x.org>'], ['E <e@x.org>']],
  ],
  sign: ['api', 'gpg:AB12', '"ssh:/k"', '"ssh:env:KEY"', ['api', 'gpg:AB12', 'ssh:/k', 'ssh:env:KEY']],
  'ssh-key': ['/a', '~/b', '"/c"', '"~/d"', ['/a', '~/b', '/c', '~/d']],
  'ssh-key-inside': [true, 'false', 'true', 'false', [true, false, true, false]],
  'login-inside': [true, 'false', 'true', 'false', [true, false, true, false]],
  'shared-tree': [true, 'false', 'true', 'false', [true, false, true, false]],
  uncommitted: ['keep', 'discard', '"commit"', '"keep"', ['keep', 'discard', 'commit', 'keep']],
  'keep-alive': ['1m', '2m', '"3m"', '"0s"', [60_000, 120_000, 180_000, 0]],
  'turn-timeout': ['1m', '2m', '"3m"', '"4m"', [60_000, 120_000, 180_000, 240_000]],
  'output-limit': ['1m', '2m', '"3m"', '4194304', [2 ** 20, 2 * 2 ** 20, 3 * 2 ** 20, 4 * 2 ** 20]],
  'task-timeout': ['1m', '2m', '"3m"', '"4m"', [60_000, 120_000, 180_000, 240_000]],
  'idle-timeout': ['1m', '2m', '"3m"', '"4m"', [60_000, 120_000, 180_000, 240_000]],
  pool: ['1', '2', '3', '4', [1, 2, 3, 4]],
  'output-tries': ['1', '3', '4', '5', [1, 3, 4, 5]],
  priority: ['-1', '2', '3', '-4', [-1, 2, 3, -4]],
  retries: ['1', '2', '3', '4', [1, 2, 3, 4]],
  'retry-delay': ['1m', '2m', '"3m"', '"4m"', [60_000, 120_000, 180_000, 240_000]],
  'rate-limit': ['fail', 'wait', '"fail"', '"wait"', ['fail', 'wait', 'fail', 'wait']],
  tag: [['a'], 'b,c', '["d"]', '["e"]', [['a'], ['b', 'c'], ['d'], ['e']]],
  'operator-contact': ['a', 'b', '"c"', '"d"', ['a', 'b', 'c', 'd']],
  profile: ['P', 'P', '"unused"', '"P"', ['P', 'P', 'P', 'P']],
  preset: ['P', 'P', '"P"', '"P"', ['P', 'P', 'P', 'P']],
}

describe('each key of config, environment and file', () => {
  it('has a sample here, a description and a type', () => {
    const own = FILE_KEYS.filter((key) => !SUPERVISOR_KEYS.includes(key))
    expect(Object.keys(SAMPLES).toSorted()).toEqual(own.toSorted())
    for (const key of KEYS) {
      expect(key).toMatch(/^[a-z]+(-[a-z]+)*$/)
      expect(SETTINGS[key].description).toMatch(/^[A-Z].{10,}\.$/)
      expect(SETTINGS[key].type).toBeTruthy()
    }
  })

  it.each(FILE_KEYS.filter((key) => !['profile', 'preset'].includes(key) && !SUPERVISOR_KEYS.includes(key)))(
    '%s: flag beats env beats profile beats file beats default',
    (key) => {
      const sample = SAMPLES[key]
      if (sample === undefined) throw new Error(`${key} has no row in SAMPLES: add one above`)
      const [flag, env, profile, file, values] = sample
      const toml = `profile = "P"\n${key} = ${file}\n[profiles.P]\n${key} = ${profile}\n`
      const inEnv = { [variableOf(key)]: env }
      const layers = [
        load({ flags: { [key]: flag }, env: inEnv, toml }),
        load({ env: inEnv, toml }),
        load({ toml }),
        load({ toml: `# first\n${key} = ${file}` }),
      ]
      expect(layers.map((config) => config.values[key])).toEqual(values)
      const nearest = layers.map((config) => config.origins[key].split(' + ')[0])
      expect(nearest).toEqual([`flag --${key}`, `env ${variableOf(key)}`, `profile P (${PATH}:4)`, `${PATH}:2`])
      expect(load({}).origins[key]).toBe('default')
    },
  )

  it('profile: flag beats env beats file', () => {
    const toml = '[profiles.P]\nimage = "p"\n[profiles.Q]\nimage = "q"\n[profiles.R]\nimage = "r"'
    const file = `profile = "R"\n${toml}`
    expect(load({ flags: { profile: 'P' }, env: { BERTH_PROFILE: 'Q' }, toml: file }).values.image).toBe('p')
    expect(load({ env: { BERTH_PROFILE: 'Q' }, toml: file }).values.image).toBe('q')
    expect(load({ toml: file }).values.image).toBe('r')
    expect(load({ toml }).values.image).toBeNull()
  })
})
