import { describe, expect, it } from 'vitest'
import { BerthError } from '../domain/errors.ts'
import { taskRequest } from '../domain/request.ts'
import { parseConfig } from './config-file.ts'
import { mergeConfig } from './load-config.ts'
import { toTaskRequest } from './to-task-request.ts'

const PATH = '/c/config.toml'
const load = (input: { flags?: Record<string, unknown>; env?: Record<string, string>; toml?: string }) =>
  mergeConfig(input.flags ?? {}, input.env ?? {}, parseConfig(input.toml ?? '', PATH))

const failure = (run: () => unknown): BerthError => {
  try {
    run()
  } catch (error) {
    if (error instanceof BerthError) return error
    throw error
  }
  throw new Error('expected a BerthError')
}

describe('rules on the network', () => {
  const toml = `allow = ["pypi", "shared.org"]
deny = ["bad.org"]
preset = "P"
[presets.P]
allow = ["preset.org", "shared.org"]
`
  it('add up over all layers, and each keeps the nearest layer that has it', () => {
    const config = load({ toml, flags: { allow: ['npm'] }, env: { BERTH_DENY: 'worse.org, bad.org' } })
    expect(toTaskRequest(config, 'p')).toMatchObject({
      allow: [
        { target: 'npm', origin: 'flag' },
        { target: 'preset.org', origin: 'preset' },
        { target: 'shared.org', origin: 'preset' },
        { target: 'pypi', origin: 'configuration' },
      ],
      deny: [
        { target: 'worse.org', origin: 'configuration' },
        { target: 'bad.org', origin: 'configuration' },
      ],
    })
    expect(config.origins.allow).toBe(`flag --allow + preset P (${PATH}:5) + ${PATH}:1`)
  })

  it.each([
    [{ flags: { allow: ['nmp'] } }, /^--allow: unknown group "nmp" \(did you mean npm\?\): the groups are npm, /],
    [{ flags: { deny: ['example.org private'] } }, /^--deny: a rule that denies takes methods and paths only/],
    [
      { env: { BERTH_ALLOW: '10.0.0.1' } },
      /^BERTH_ALLOW: 10\.0\.0\.1 is a private address: write "10\.0\.0\.1 private"/,
    ],
    [{ toml: 'allow = ["example.org/path"]' }, /^\/c\/config\.toml:1: allow: "example\.org\/path" has a path/],
    [
      { toml: 'allow = "npm"' },
      /^\/c\/config\.toml:1: allow: expected a list of rules, like \["npm", "example\.org:8443"\]/,
    ],
  ])('%j is one error', (input, message) => expect(failure(() => load(input)).message).toMatch(message))

  it('as flags they need a sandbox; in the file they wait for a task that has one', () => {
    for (const settings of [{ policy: 'open' }, { policy: 'privileged' }, { isolation: 'host' }])
      for (const key of ['allow', 'deny']) {
        const error = failure(() => toTaskRequest(load({ flags: { [key]: ['npm'], ...settings } }), 'p'))
        expect(error).toMatchObject({ code: 'bad-request', message: expect.stringMatching(`^--${key}: with --`) })
        expect(toTaskRequest(load({ flags: settings, toml: `${key} = ["npm"]` }), 'p')[key as 'allow']).toHaveLength(1)
      }
  })
})

it('the path of --ssh-key begins at the root, or in the home of the caller', () => {
  const request = (path: string, home?: string) =>
    toTaskRequest(load({ flags: { repo: '/r', 'ssh-key': path } }), 'p', home)
  expect(request('~/.ssh/id', '/home/ada').sshKey).toBe('/home/ada/.ssh/id')
  expect(request('/k').sshKey).toBe('/k')
  expect(failure(() => request('~/k')).message).toBe('--ssh-key: the path begins with ~, and HOME is not set')
  expect(failure(() => load({ toml: 'ssh-key = "id"' })).message).toContain(
    'ssh-key: expected an absolute path, or one that begins with ~/',
  )
})

describe('the author and the signature of commits', () => {
  const flags = { repo: '/r', author: 'Ada L <ada@example.org>', 'co-author': ['Bo <b@example.org>'] }

  it('are read, with the path of the key in full', () => {
    const request = (sign: string, home?: string) => toTaskRequest(load({ flags: { ...flags, sign } }), 'p', home)
    expect(request('ssh:~/.ssh/id', '/home/ada')).toMatchObject({
      author: { name: 'Ada L', email: 'ada@example.org' },
      coAuthors: [{ name: 'Bo', email: 'b@example.org' }],
      sign: 'ssh:file:/home/ada/.ssh/id',
    })
    expect(request('ssh:/k').sign).toBe('ssh:/k')
    expect(failure(() => request('ssh:~/k')).message).toBe('--sign: the path begins with ~, and HOME is not set')
  })

  it('as flags they need a clone; in the file they wait for a task that has one', () => {
    for (const [key, value] of Object.entries({ sign: 'api', author: 'A <a@x.org>', 'co-author': ['A <a@x.org>'] }))
      for (const settings of [{}, { repo: '/r', source: 'copy' }, { repo: '/r', source: 'mount' }]) {
        const given = load({ flags: { ...settings, [key]: value } })
        expect(failure(() => toTaskRequest(given, 'p'))).toMatchObject({
          code: 'bad-request',
          message: expect.stringMatching(`^--${key}: Berth makes no commits`),
        })
        const toml = `${key} = ${JSON.stringify(value)}`
        expect(() => toTaskRequest(load({ flags: settings, toml }), 'p')).not.toThrow()
      }
  })

  it.each([
    [{ flags: { author: 'Ada' } }, '--author: the e-mail address is missing: write Name <email>'],
    [{ env: { BERTH_CO_AUTHOR: '<a@x.org>' } }, 'BERTH_CO_AUTHOR: the name is missing: write Name <email>'],
    [{ toml: 'sign = "ssh:secret"' }, '/c/config.toml:1: sign: ssh: needs the absolute path of a private key'],
  ])('%j is one error', (input, message) => expect(failure(() => load(input)).message).toContain(message))
})

describe('presets', () => {
  const toml = `image = "file"
[presets.base]
agent = "claude"
image = "base"
volume = ["/srv/data:/data:ro"]
env = { A = "base", B = "base" }
[presets.slow]
turn-timeout = "2h"
image = "slow"
[presets.night]
inherits = ["base", "slow"]
env = { B = "night" }
[profiles.small]
preset = "base"
image = "profile"
memory = "1g"
[agents.claude]
model = "opus"
`
  it('need no flag beside --preset: agent, image, mounts and all else come from it', () => {
    const { values, origins } = load({ toml, flags: { preset: 'night' } })
    expect(values).toMatchObject({
      agent: 'claude',
      model: 'opus',
      image: 'slow',
      volume: ['/srv/data:/data:ro'],
      env: { A: 'base', B: 'night' },
      'turn-timeout': 7_200_000,
    })
    expect(origins.image).toBe(`preset slow (${PATH}:9)`)
    expect(toTaskRequest(load({ toml, flags: { preset: 'night' } }), 'p')).toMatchObject({ preset: 'night' })
  })

  it('a flag that names none: the hint says where one is written', () => {
    const { message, hint } = failure(() => load({ toml, flags: { preset: 'nigt' } }))
    expect(message).toContain(
      'flag --preset: there is no preset "nigt"; there are base, slow, night (did you mean night?)',
    )
    expect(hint).toBe(`Name another preset, or write [presets.nigt] into ${PATH}.`)
  })

  it('override the profile that names them, and a later parent overrides an earlier one', () => {
    expect(load({ toml, flags: { profile: 'small' } }).values).toMatchObject({ image: 'base', memory: 2 ** 30 })
    expect(load({ toml, env: { BERTH_PRESET: 'slow' } }).values.image).toBe('slow')
    expect(load({ toml: `preset = "slow"\n${toml}` }).values.image).toBe('slow')
  })

  it.each([
    ['[presets.A]\ninherits = "A"', `${PATH}:2: inherits: the preset "A" inherits itself`],
    [
      '[presets.A]\ninherits = "B"\n[presets.B]\ninherits = ["C", "A"]\n[presets.C]',
      `${PATH}:4: inherits: these presets inherit each other: A -> B -> A`,
    ],
    [
      '[presets.A]\ninherits = "nigt"\n[presets.night]',
      `${PATH}:2: inherits: there is no preset "nigt" (did you mean night`,
    ],
    ['[presets.A]\ninherits = [1]', `${PATH}:2: inherits: expected the name of a preset, or a list of names`],
    ['[presets.A]\npreset = "B"', `${PATH}:2: unknown key "preset" (did you mean inherits?)`],
    ['[presets.A]\nextends = "B"', `${PATH}:2: unknown key "extends" (did you mean inherits?)`],
    ['preset = "A"', `${PATH}:1: there is no preset "A"; ${PATH} has no presets`],
  ])('%j is one error with file and line', (wrong, words) => {
    expect(failure(() => load({ toml: wrong }))).toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining(words),
    })
  })
})

describe('[providers.NAME] and [agents.NAME]', () => {
  it('an origin has the spelling of the file', () => {
    const { origins } = load({ toml: '[providers.codex]\nmodel = "m"\n[agents.codex]\nimage = "i"' })
    expect(origins).toMatchObject({ model: `providers.codex (${PATH}:2)`, image: `agents.codex (${PATH}:4)` })
  })

  it('are two spellings of one table, with any setting of a task', () => {
    const toml =
      '[providers.codex]\nmodel = "m"\nmemory = "1g"\n[agents.codex]\nimage = "i"\n[providers.codex.env]\nA = "1"'
    expect(load({ toml }).values).toMatchObject({ model: 'm', image: 'i', memory: 2 ** 30, env: { A: '1' } })
    expect(load({ toml, flags: { agent: 'claude' } }).values).toMatchObject({ model: null, image: null, env: {} })
  })

  it('with a command describe a program; its env and base-url are the program’s, other keys are settings', () => {
    const toml =
      '[agents.mine]\ncommand = ["mine", "{model}"]\nbase-url = "http://m"\nmemory = "1g"\nenv = { K = "{key}" }'
    const { values, providers } = load({ toml, flags: { agent: 'mine' } })
    expect(providers.get('mine')).toMatchObject({ 'base-url': 'http://m', env: { K: '{key}' } })
    expect(values).toMatchObject({ memory: 2 ** 30, 'base-url': null, env: {} })
    const both = '[agents.mine]\nbase-url = "http://a"\n[providers.mine]\ncommand = ["mine"]\nbase-url = "http://p"'
    expect(load({ toml: both, flags: { agent: 'mine' } }).values['base-url']).toBe('http://a')
  })

  it.each([
    [
      '[agents.codex]\nmodel = "a"\n[providers.codex]\nmodel = "b"',
      `${PATH}:4: providers.codex.model: agents.codex.model`,
    ],
    ['[providers.codex]\ncommand = ["x"]', `${PATH}:1: providers.codex: Berth has an agent of this name`],
    ['[providers.codex]\nprompt = "file"', `${PATH}:2: providers.codex.prompt: this key describes the program`],
    [
      '[providers.codx]\nmodel = "a"',
      `${PATH}:1: providers.codx: there is no agent "codx", and the table has no command (did`,
    ],
    ['[providers.mine]\ncommand = ["x"]\nmemry = "1g"', `${PATH}:3: unknown key "memry" (did you mean memory?)`],
    ['[agents.codex]\npreset = "a"', `${PATH}:2: "preset" is not a setting of an agent`],
    ['providers = 3', `${PATH}:1: providers: expected tables [providers.NAME]`],
  ])('%j is one error with file and line', (toml, words) => {
    expect(failure(() => load({ toml }))).toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining(words),
    })
  })
})

describe('mergeConfig', () => {
  it('has the defaults of a request', () => {
    expect(toTaskRequest(load({}), 'do it')).toEqual(taskRequest.parse({ prompt: 'do it' }))
    const { values } = load({})
    expect([values.agent, values.pull, values['turn-timeout']]).toEqual(['codex', 'missing', 86_400_000])
  })

  it('joins tables entry by entry and tells every origin', () => {
    const config = load({ flags: { env: ['A=flag', 'C'] }, toml: '[env]\nA = "file"\nB = "file"' })
    expect(config.values.env).toEqual({ A: 'flag', B: 'file', C: null })
    expect(config.origins.env).toBe(`flag --env + ${PATH}:1`)
  })

  it('follows inherits, the nearest value first', () => {
    const toml = '[profiles.base]\nimage = "b"\nmemory = "1g"\n[profiles.big]\ninherits = "base"\nmemory = "4g"'
    const config = load({ flags: { profile: 'big' }, toml })
    expect([config.values.image, config.values.memory]).toEqual(['b', 4 * 2 ** 30])
    expect(config.origins.image).toBe(`profile base (${PATH}:2)`)
  })

  it('takes no setting of a task from the environment, and an empty variable as unset', () => {
    expect(load({ env: { BERTH_REPO: 'x', BERTH_NAME: 'y', BERTH_ENGINE: '' } }).values).toMatchObject({
      repo: null,
      name: null,
      engine: null,
    })
  })
})

describe('toTaskRequest', () => {
  it('reads every kind of setting', () => {
    const flags = {
      repo: 'o/n',
      branch: 'main',
      'push-to': 'out',
      env: ['A=x=y', 'TOKEN', 'E='],
      volume: ['/a/:/data/x:ro'],
      label: ['team=a'],
      user: '7',
      'provider-arg': ['k=v=w'],
      args: ['--x', '-y'],
      memory: '512m',
      cpus: '0.5',
      'turn-timeout': '90s',
      name: 'n',
      session: 'plan',
      role: 'planner',
      owner: 'ann@example.org',
    }
    expect(toTaskRequest(load({ flags }), 'p')).toMatchObject({
      prompt: 'p',
      repo: 'o/n',
      branch: 'main',
      pushTo: 'out',
      envFrom: ['A', 'TOKEN', 'E'],
      volumes: [{ source: '/a', target: '/data/x', readOnly: true }],
      labels: { team: 'a' },
      user: { uid: 7, gid: 7 },
      providerOptions: { k: 'v=w' },
      providerArgs: ['--x', '-y'],
      memory: 536_870_912,
      cpus: 0.5,
      turnTimeout: 90_000,
      name: 'n',
      session: 'plan',
      role: 'planner',
      owner: 'ann@example.org',
    })
  })

  it('leaves a default limit out, so that it is known as not asked for', () => {
    expect(toTaskRequest(load({}), 'p')).not.toHaveProperty('memory')
  })
})

describe('a model and its address are an agent’s', () => {
  const toml = `agent = "codex"
model = "gpt"
base-url = "https://proxy.example/v1"
memory = "4g"
[agents.claude]
model = "opus"
provider-arg = { effort = "high" }
[profiles.g]
agent = "gemini"
model = "pro"
`
  it('what stands beside another agent’s name is not taken for this one', () => {
    expect(load({ toml }).values).toMatchObject({
      agent: 'codex',
      model: 'gpt',
      'base-url': 'https://proxy.example/v1',
    })
    expect(load({ toml, flags: { agent: 'opencode' } }).values).toMatchObject({ model: null, 'base-url': null })
    expect(load({ toml, flags: { profile: 'g' } }).values).toMatchObject({
      agent: 'gemini',
      model: 'pro',
      'base-url': null,
    })
    expect(load({ toml, env: { BERTH_MODEL: 'any' }, flags: { agent: 'opencode' } }).values.model).toBe('any')
  })

  it('[agents.NAME] is for that agent, below flags and profiles; its origin is told', () => {
    const claude = load({ toml, flags: { agent: 'claude' } })
    expect(claude.values).toMatchObject({ model: 'opus', 'provider-arg': { effort: 'high' }, 'base-url': null })
    expect(claude.origins.model).toMatch(/^agents\.claude \(.*:6\)$/)
    expect(load({ toml, flags: { agent: 'claude', model: 'haiku' } }).values.model).toBe('haiku')
    expect(failure(() => load({ toml: '[agents.codex]\nagent = "claude"\n' })).message).toContain(
      '"agent" is not a setting of an agent',
    )
  })
})

it('limits of the file and of variables are for tasks in containers; a flag beside --isolation host is kept, to be refused', () => {
  const request = (flags: Record<string, unknown>) =>
    toTaskRequest(
      load({ flags, env: { BERTH_CPUS: '2' }, toml: 'memory = "4g"\nvolume = ["/a:/b"]\nuser = "1000"' }),
      'p',
    )
  expect(request({ isolation: 'host' })).toMatchObject({ volumes: [] })
  for (const key of ['memory', 'cpus', 'user']) expect(request({ isolation: 'host' })).not.toHaveProperty(key)
  expect(request({ isolation: 'host', memory: '1g' }).memory).toBe(1024 ** 3)
  expect(request({}).memory).toBe(4 * 1024 ** 3)
})

describe('a wrong flag or variable', () => {
  it.each<[Record<string, unknown>, string, string]>([
    [{ memory: 'lots' }, 'usage', '--memory: "lots" is not a size'],
    [{ memory: '1' }, 'usage', '--memory: 1 is not allowed: at least 6m'],
    [{ memory: '1k' }, 'usage', '--memory: 1k is not allowed: at least 6m'],
    [{ 'turn-timeout': '5ms' }, 'usage', '--turn-timeout: 5ms is not allowed: at least 1s'],
    [{ 'keep-alive': '30d' }, 'usage', '--keep-alive: 30d is not allowed: at most 7d'],
    [{ image: '' }, 'usage', '--image: expected the name of an image, got ""'],
    [{ pids: '3' }, 'usage', '--pids: 3 is not allowed: at least 16'],
    [{ cpus: 'two' }, 'usage', '--cpus: expected a number, got "two"'],
    [{ cpus: '0' }, 'usage', '--cpus: 0 is not allowed: more than 0'],
    [{ cpus: '5000' }, 'usage', '--cpus: 5000 is not allowed: at most 1024'],
    [{ 'turn-timeout': '90' }, 'usage', '--turn-timeout: the duration "90" needs a unit'],
    [{ pull: 'sometimes' }, 'usage', '--pull: expected one of missing, always, never, got "sometimes"'],
    [{ env: ['=x'] }, 'bad-env', '--env: "=x" is not NAME=VALUE or NAME'],
    [{ env: ['1A=x'] }, 'bad-env', '"1A" is not the name of a variable'],
    [{ env: ['A B'] }, 'bad-env', 'is not the name of a variable'],
    [{ 'shm-size': 'much' }, 'usage', '--shm-size'],
    [{ 'shm-size': '1k' }, 'usage', 'at least 64k'],
    [{ ulimit: ['files=1'] }, 'usage', 'the name is none of core, cpu'],
    [{ ulimit: ['nofile=many'] }, 'usage', 'is not NAME=SOFT or NAME=SOFT:HARD'],
    [{ ulimit: ['nofile=9:8'] }, 'usage', 'the soft limit is above the hard one'],
    [{ gpus: 'some' }, 'usage', 'neither all, nor a number of GPUs, nor device=ID'],
    [{ gpus: '0' }, 'usage', 'neither all'],
    [{ gpus: 'device=' }, 'usage', 'neither all'],
    [{ gpus: 'device=a b' }, 'usage', '--gpus'],
    [{ device: ['fuse'] }, 'usage', 'the path fuse does not lie below /dev'],
    [{ device: ['/dev/../etc/shadow'] }, 'usage', 'the path /etc/shadow does not lie below /dev'],
    [{ device: ['/dev/fuse:/dev/fuse:x'] }, 'usage', 'ends with "x", which is not some of rwm'],
    [{ device: ['/dev/fuse:'] }, 'usage', 'is not HOST, HOST:CONTAINER or HOST:CONTAINER:rwm'],
    [{ publish: ['80'] }, 'usage', 'is not HOSTPORT:PORT or IP:HOSTPORT:PORT'],
    [{ publish: ['0:80'] }, 'usage', 'the port 0 is not 1 to 65535'],
    [{ publish: ['80:70000'] }, 'usage', 'the port 70000 is not 1 to 65535'],
    [{ publish: ['host:1:2'] }, 'usage', '"host" is not an IP address'],
    [{ publish: ['1:2/sctp'] }, 'usage', 'ends with "sctp", which is neither tcp nor udp'],
    [{ runtime: '/usr/bin/crun' }, 'usage', '--runtime'],
    [{ volume: ['/a'] }, 'bad-volume', 'is not HOST:CONTAINER'],
    [{ volume: ['a:/b'] }, 'bad-volume', 'path on this machine is not absolute'],
    [{ volume: ['/a:b'] }, 'bad-volume', 'path in the container is not absolute'],
    [{ volume: ['/a:/b:rx'] }, 'bad-volume', 'neither ro nor rw'],
    [{ volume: ['/a:/work/../opt/berth/bin'] }, 'bad-volume', 'system: /opt/berth/bin'],
    [{ volume: ['/a:/'] }, 'bad-volume', 'system: /'],
    [{ label: ['berth.task=x'] }, 'usage', 'is reserved'],
    [{ label: ['x'] }, 'usage', 'is not NAME=VALUE'],
    [{ session: 'a b' }, 'usage', 'expected letters, digits, _ and -'],
    [{ owner: '@' }, 'usage', 'expected letters, digits and . _ @ + -'],
    [{ user: 'root' }, 'usage', 'is not UID or UID:GID'],
    [{ user: '0' }, 'usage', 'never runs as root'],
    [{ name: 'Not Good' }, 'usage', '--name: "Not Good" is not allowed'],
    [{ memroy: '1g' }, 'usage', '--memroy: there is no such setting (did you mean --memory?)'],
    [{ hook: ['/bin/true'] }, 'usage', '--hook: this is a setting of the supervisor, not of a task'],
    [{ profile: 'nope' }, 'config-invalid', 'flag --profile: there is no profile "nope"'],
  ])('%j', (flags, code, message) => {
    expect(failure(() => load({ flags }))).toMatchObject({ code, message: expect.stringContaining(message) })
  })

  it('refuses a flag that is of containers beside --isolation host; elsewhere it is for other tasks', () => {
    const request = (flags: Record<string, unknown>) =>
      toTaskRequest(load({ flags, env: { BERTH_ENGINE: 'podman' }, toml: 'policy = "open"' }), 'p')
    expect(failure(() => request({ isolation: 'host', policy: 'sandboxed' }))).toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining('--policy: with --isolation host'),
    })
    expect(failure(() => request({ isolation: 'host', engine: 'docker' })).hint).toContain('--isolation container')
    expect(request({ isolation: 'host' })).toMatchObject({ isolation: 'host', engine: 'podman', policy: 'open' })
    expect(request({ isolation: 'container', policy: 'sandboxed' }).policy).toBe('sandboxed')
  })

  it('names the variable', () => {
    expect(failure(() => load({ env: { BERTH_MEMORY: 'x' } })).message).toMatch(/^BERTH_MEMORY: "x" is not a size/)
  })
})
