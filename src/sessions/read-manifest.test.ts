import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { parse } from 'smol-toml'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { NO_FILE, parseConfig } from '../config/config-file.ts'
import { BerthError } from '../domain/errors.ts'
import { OWN_KEYS } from './manifest-keys.ts'
import { manifestSchema } from './manifest-schema.ts'
import { mistakeText } from './mistakes.ts'
import { readManifest } from './read-manifest.ts'

const folder = mkdtempSync(join(tmpdir(), 'berth-manifest-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => mkdirSync(join(folder, 'm'), { recursive: true }))

const put = (name: string, text: string) => writeFileSync(join(folder, 'm', name), text)
const read = (text: string, { name = 's.toml', config = NO_FILE, env = {} as Record<string, string> } = {}) => {
  put(name, text)
  return readManifest(`m/${name}`, { cwd: folder, env: { HOME: '/home/ann', ...env }, config })
}
/** The mistakes as lines, without the manifest's folder. */
const mistakes = (text: string, name?: string) =>
  read(text, name === undefined ? {} : { name }).mistakes.map((one) => mistakeText(one).replaceAll('m/', ''))
const first = (text: string, options = {}) => {
  const { sessions, mistakes: wrong } = read(text, options)
  expect(wrong).toEqual([])
  return sessions[0]!
}

const PLACE = 'repo = "team/app"\nbranch = "main"\n'
const DEFAULTS = `[defaults]\n${PLACE}prompt = "do it"\n`
/** A manifest with one session, whose own lines begin at line 7. */
const one = (lines: string) => `${DEFAULTS}[[sessions]]\nid = "a"\n${lines}\n`

describe('the three forms', () => {
  const wrong = {
    's.toml': `${DEFAULTS}[[sessions]]\nid = "a"\n[[sessions]]\nid = "b"\nmemroy = "1g"\n[sessions.labels]\n"berth.x" = "1"\n`,
    's.yaml':
      'defaults: {repo: team/app, branch: main, prompt: x}\nsessions:\n  - id: a\n  - id: b\n    memroy: 1g\n    labels:\n      berth.x: "1"\n',
    's.json':
      '{\n\t"defaults": {"repo": "team/app", "branch": "main", "prompt": "x"},\n\t"sessions": [\n\t\t{"id": "a"},\n\t\t{\n\t\t\t"id": "b",\n\t\t\t"memroy": "1g",\n\t\t\t"labels": {"berth.x": "1"}\n\t\t}\n\t]\n}\n',
  }

  test.each([
    ['s.toml', [9, 10]],
    ['s.yaml', [5, 6]],
    ['s.json', [7, 8]],
  ] as const)('%s: each mistake with its line and its session', (name, lines) => {
    expect(mistakes(wrong[name], name)).toEqual([
      `${name}:${lines[0]}: session 2 (b): unknown key "memroy" (did you mean memory?)`,
      `${name}:${lines[1]}: session 2 (b): labels: the label berth.x is reserved: Berth uses all labels that begin with "berth."`,
    ])
  })

  test('they come to the same sessions', () => {
    const asJson = JSON.stringify({
      defaults: { repo: 'team/app', branch: 'main' },
      sessions: [{ id: 'a', prompt: 'p', memory: '1g', labels: { k: 'v' }, allow: ['npm'] }],
    })
    const asToml = `[defaults]\n${PLACE}[[sessions]]\nid = "a"\nprompt = "p"\nmemory = "1g"\nallow = ["npm"]\nlabels.k = "v"\n`
    const asYaml =
      'defaults: {repo: team/app, branch: main}\nsessions:\n- id: a\n  prompt: p\n  memory: 1g\n  labels: &l {k: v}\n  allow: [npm]\n'
    const [json, toml, yaml] = [first(asJson, { name: 'x.json' }), first(asToml), first(asYaml, { name: 'x.YML' })].map(
      ({ request, settings }) => ({ request, settings }),
    )
    expect(toml).toEqual(json)
    expect(yaml).toEqual(json)
    expect(json?.request).toMatchObject({
      memory: 2 ** 30,
      labels: { k: 'v' },
      allow: [{ target: 'npm', origin: 'flag' }],
    })
  })

  test.each([
    ['s.toml', 'a = \n', 's.toml:1: this is not valid TOML: '],
    ['s.yaml', 'a: 1\nb: [\n', 's.yaml:3: this is not valid YAML: '],
    ['s.yaml', 'a: 1\na: 2\n', 's.yaml:2: this is not valid YAML: Map keys must be unique'],
    ['s.yaml', 'a: *b\n', 's.yaml:1: this is not valid YAML: Unresolved alias'],
    ['s.yaml', 'a: 1\n---\nb: 1\n', 's.yaml:2: this is not valid YAML: it has several documents: expected one'],
    ['s.yaml', 'a: !!js/regexp x\n', 's.yaml:1: this is not valid YAML: Unresolved tag'],
    ['s.json', '{\n"a": 1,\n}', 's.json:3: this is not valid JSON: '],
    ['s.json', '{\n"a": 1\n', 's.json:3: this is not valid JSON: '],
    ['s.json', '{"a": 1,\n"a": 2}', 's.json:2: this is not valid JSON: Map keys must be unique'],
    ['s.json', '[]', 's.json:1: expected a table of name, defaults, bundles, sessions'],
    ['s.txt', 'x', 's.txt:1: the name of a manifest ends in .toml, .yaml, .yml, .json'],
    ['s.toml', '', 's.toml:1: there is no session: expected tables [[sessions]]'],
    ['s.toml', 'sessions = 3\n', 's.toml:1: there is no session: expected tables [[sessions]]'],
  ])('%s with %j is one mistake', (name, text, words) => {
    const found = mistakes(text, name)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(words)
  })

  test('lists that begin and never end are one mistake', () => {
    expect(mistakes('['.repeat(20_000), 's.yaml')).toEqual(['s.yaml:1: this is not valid YAML: it is nested too deep'])
  })

  test('a few lines of YAML cannot fill the memory', () => {
    const level = (n: number) =>
      `a${n}: &a${n} [${Array(9)
        .fill(n === 0 ? 'x' : `*a${n - 1}`)
        .join(', ')}]`
    const bomb = Array.from({ length: 12 }, (_, n) => level(n)).join('\n')
    expect(mistakes(bomb, 's.yaml')).toEqual([expect.stringContaining('aliases repeat too much of it')])
  })

  test.each(['s.yaml', 's.json', 's.toml'])('%s that is nested without end is a mistake', (name) => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
    const text = name === 's.toml' ? `a = ${deep}` : `{"a": ${deep}}`
    expect(mistakes(text, name)).toEqual([expect.stringMatching(/^s\.\w+:1: this is not valid /)])
  })

  test('whatever stands in a file, reading it says so or ends well', () => {
    fc.assert(
      fc.property(fc.constantFrom('s.toml', 's.yaml', 's.json'), fc.json(), fc.string(), (name, json, text) => {
        for (const content of [json, text, `{"sessions":[${json}]}`, `{"defaults":${json},"bundles":{"a":${json}}}`])
          expect(read(content, { name }).mistakes.every(({ line }) => line >= 1)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })
})

describe('what a session is resolved to', () => {
  test('session over bundles over defaults; tables join, rules add up', () => {
    const { request, role } = first(`[defaults]
${PLACE}prompt = "p"
role = "none"
image = "one"
allow = ["npm"]
bundle = "never"
[defaults.env]
A = "defaults"
B = "defaults"
[bundles.never]
cpus = 1
[bundles.base]
image = "two"
pids = 100
[bundles.base.env]
B = "base"
C = "base"
[bundles.big]
inherits = "base"
pids = 200
allow = ["pypi"]
[bundles.night]
role = "sleeper"
pids = 300
[[sessions]]
id = "a"
bundle = ["big", "night"]
[sessions.env]
C = "session"
`)
    expect([role, request.image, request.pids, request.cpus]).toEqual(['sleeper', 'two', 300, undefined])
    expect(request.allow.map(({ target }) => target)).toEqual(['pypi', 'npm'])
    expect(request.envFrom.toSorted()).toEqual(['A', 'B', 'C'])
    const { settings } = first(one('env = ["X=1", "Y"]'))
    expect(settings['env']).toEqual(['X=1', 'Y'])
  })

  test('a model of another agent is left behind', () => {
    const text = DEFAULTS.replace('prompt', 'agent = "codex"\nmodel = "m"\nprompt')
    expect(first(`${text}[[sessions]]\nid = "a"\nprovider = "claude"\n`).request).toMatchObject({ agent: 'claude' })
    expect(first(`${text}[[sessions]]\nid = "a"\nprovider = "claude"\n`).request.model).toBeUndefined()
    expect(first(`${text}[[sessions]]\nid = "a"\n`).request.model).toBe('m')
  })

  test('the config file and BERTH_ variables hold below the manifest', () => {
    const config = parseConfig('memory = "1g"\npids = 50\n[profiles.p]\nimage = "of-p"\n', '/c.toml')
    const { request, settings } = first(one('pids = 60\nprofile = "p"'), { config, env: { BERTH_CPUS: '2' } })
    expect(request).toMatchObject({ memory: 2 ** 30, pids: 60, cpus: 2, image: 'of-p', profile: 'p' })
    expect(Object.keys(settings).sort()).toEqual(['branch', 'pids', 'profile', 'repo'])
    expect(() => read(one(''), { env: { BERTH_CPUS: 'two' } })).toThrow(/^BERTH_CPUS: /)
  })

  test('a key for ssh is named from the folder of the manifest, from the root or from the home', () => {
    const keyOf = (path: string) => read(one(`prompt = "go"\nssh-key = "${path}"`)).sessions[0]?.request.sshKey
    expect([keyOf('keys/id'), keyOf('/k'), keyOf('~/id')]).toEqual([join(folder, 'm/keys/id'), '/k', '/home/ann/id'])
  })

  test('resources, mounts and labels are settings of a task', () => {
    const { request } = first(
      one(
        'mounts = ["data:/data:ro", "/srv:/srv"]\nresources = { memory = "512m", cpus = 2 }\nlabels = { team = "a" }',
      ),
    )
    expect(request).toMatchObject({ memory: 2 ** 29, cpus: 2, labels: { team: 'a' } })
    expect(request.volumes.map(({ source }) => source)).toEqual([join(folder, 'm/data'), '/srv'])
  })

  test('whom to ask, tags and folders for other programs are settings of a task', () => {
    const { request } = first(
      one('operator-contact = "ann"\ntags = ["night", "one"]\noutput = "out"\ntranscript-dir = "/lines"'),
    )
    expect(request).toMatchObject({ operatorContact: 'ann', tags: ['night', 'one'], transcriptDir: '/lines' })
    expect(request.output).toBe(join(folder, 'm/out'))
    expect(mistakes(one('tags = ["two words"]'))).toEqual([
      expect.stringMatching(/^s\.toml:7: session 1 \(a\): tags: .*letters, digits/),
    ])
    expect(mistakes(one('operator-contact = "ann\\nbob"'))).toEqual([
      expect.stringMatching(/^s\.toml:7: session 1 \(a\): operator-contact: .*without control characters/),
    ])
  })

  test('files and folders are named from the folder of the manifest', () => {
    put('task.md', 'from the file')
    put('a.env', 'A=1\nTOKEN\n# c\nB=2\n')
    put('b.env', 'A=3\n')
    const { settings, prompt, request } = first(
      `[defaults]\n${PLACE}prompt = "no"\n[[sessions]]\nid = "a"\nrepo = "./app"\nprompt-file = "task.md"\nenv-file = ["a.env", "b.env"]\nenv.B = "own"\n`,
    )
    expect([settings['repo'], request.repo]).toEqual([join(folder, 'm/app'), join(folder, 'm/app')])
    expect(prompt).toBe('from the file')
    expect(settings['env']).toEqual(['A=3', 'TOKEN', 'B=own'])
    expect(first(one('repo = "~/app"')).request.repo).toBe('/home/ann/app')
  })

  test('further repositories are named from the folder of the manifest, too', () => {
    const { settings, request } = first(
      one('repo = "./app:shop"\nrepos = ["./lib", "~/docs:manual", { repo = "team/x", branch = "next" }]'),
    )
    const further = [
      { repo: join(folder, 'm/lib') },
      { repo: '/home/ann/docs', folder: 'manual' },
      { repo: 'team/x', branch: 'next' },
    ]
    expect(request).toMatchObject({ repo: join(folder, 'm/app'), folder: 'shop', repos: further })
    expect(settings['repos']).toEqual(further)
  })

  test('the goal stands before the prompt, or is it', () => {
    expect(first(one('goal = "green tests"')).prompt).toBe('green tests\n\ndo it')
    expect(first(`[defaults]\n${PLACE}[[sessions]]\nid = "a"\ngoal = "green tests"\n`).request.prompt).toBe(
      'green tests',
    )
  })

  test('a manifest is called as it says, else as its file', () => {
    expect(read(one('')).name).toBe('s')
    expect(read(`name = "release"\n${one('')}`).name).toBe('release')
    expect(mistakes(`name = "a b"\n${one('')}`)).toEqual([
      's.toml:1: name: expected letters, digits and . _ -, at most 63',
    ])
  })

  test('{n} takes the least number that is free, in the order of the sessions', () => {
    const rows = ['w-{n}', 'w-2', 'w-{n}', 'x', 'w-{n}'].map((id) => `[[sessions]]\nid = "${id}"\n`).join('')
    expect(read(DEFAULTS + rows).sessions.map(({ id, row, line }) => [id, row, line])).toEqual([
      ['w-1', 1, 5],
      ['w-2', 2, 7],
      ['w-3', 3, 9],
      ['x', 4, 11],
      ['w-4', 5, 13],
    ])
  })
})

describe('mistakes', () => {
  test.each([
    ['repo = 3', 's.toml:7: session 1 (a): repo: expected a text, got 3'],
    ['repo = "x"', 's.toml:7: session 1 (a): read the repository "x": '],
    ['repos = [3]', 's.toml:7: session 1 (a): repos: expected a list of repositories: REPOSITORY, REPOSITORY:FOLDER'],
    ['repos = ["x"]', 's.toml:7: session 1 (a): read the repository "x": '],
    ['branch = "a..b"', 's.toml:7: session 1 (a): read the branch "a..b": '],
    ['memory = "lots"', 's.toml:7: session 1 (a): memory: "lots" is not a size'],
    ['resources = { memroy = "1g" }', 'resources: unknown key "memroy" (did you mean memory?)'],
    ['resources = 3', 's.toml:7: session 1 (a): resources: expected a table of memory, cpus'],
    ['cpus = 1\nresources.cpus = 2', 's.toml:8: session 1 (a): resources.cpus: the table sets cpus twice'],
    ['agent = "codex"\nprovider = "codex"', 's.toml:8: session 1 (a): provider: the table sets agent twice'],
    ['provider = "codx"', 'there is no agent "codx"'],
    ['profile = "none"', 's.toml:7: session 1 (a): profile: there is no profile "none"'],
    ['concurrency = 2', 'concurrency: this is a setting of the supervisor: write it in the config file'],
    ['ref = "v1"', 'ref: a session starts from its branch: write branch'],
    ['source = "mount"', 'source: a session works on a clone of its branch, and on nothing else'],
    ['workdir = "/srv"', 's.toml:7: session 1 (a): workdir: a session works in its workspace: /srv is not'],
    ['workdir = "/work/../srv"', 'workdir: a session works in its workspace'],
    ['isolation = "host"\nengine = "docker"', 's.toml:8: session 1 (a): engine: with --isolation host'],
    ['role = "a b"', 's.toml:7: session 1 (a): role: expected letters, digits, _ and -, at most 63, got "a b"'],
    ['after-failed = "go"', 's.toml:7: session 1 (a): after-failed: expected one of fail, run'],
    ['session = "a"', 's.toml:7: session 1 (a): session: the id of a session is its name: write id'],
    ['prompt = "p"\nprompt-file = "f"', 's.toml:8: session 1 (a): prompt-file: there is a prompt, too'],
    ['prompt-file = "none.md"', 's.toml:7: session 1 (a): prompt-file: none.md: there is no such file'],
    ['env-file = "none.env"', 's.toml:7: session 1 (a): env-file: none.env: there is no such file'],
    ['prompt-file = "/dev/zero"', 's.toml:7: session 1 (a): prompt-file: /dev/zero: it is not a regular file'],
    ['env-file = "pipe"', 's.toml:7: session 1 (a): env-file: pipe: it is not a regular file'],
    ['env-file = "huge"', 's.toml:7: session 1 (a): env-file: huge: it has 32 MiB, and at most 16 MiB are read'],
    ['env-file = "."', 's.toml:7: session 1 (a): env-file: m: it is a folder'],
    ['prompt = " "', 's.toml:5: session 1 (a): prompt: there is no prompt'],
    ['bundle = "none"', 's.toml:7: session 1 (a): bundle: there is no bundle "none"'],
    ['after = "a"', 's.toml:7: session 1 (a): after: a session cannot wait for itself'],
    ['after = ["b"]', 's.toml:7: session 1 (a): after: there is no session "b"'],
    ['inherits = "x"', 'inherits: this key does not belong here, in a table of kind session'],
  ])('%s', (lines, words) => {
    put('huge', '')
    truncateSync(join(folder, 'm/huge'), 32 * 1024 * 1024)
    if (!existsSync(join(folder, 'm/pipe'))) execFileSync('mkfifo', [join(folder, 'm/pipe')])
    expect(mistakes(one(lines))).toEqual([expect.stringContaining(words)])
  })

  test('a session needs an id, a repository, a branch and a prompt', () => {
    expect(mistakes('[[sessions]]\nrole = "x"\n')).toEqual([
      's.toml:1: session 1: id: a session needs an id',
      's.toml:1: session 1: repo: a session needs a repository',
      's.toml:1: session 1: branch: a session needs a branch',
    ])
    expect(mistakes(`[[sessions]]\nid = "a"\n${PLACE}`)).toEqual([
      's.toml:1: session 1 (a): prompt: there is no prompt: write prompt, prompt-file or goal',
    ])
    expect(first(`[[sessions]]\nid = "a"\nmode = "review"\n${PLACE}`).prompt).toBe('')
  })

  test('two sessions of one id, or of one name', () => {
    const rows = '[[sessions]]\nid = "a"\nname = "n"\n'
    expect(mistakes(DEFAULTS + rows + rows)).toEqual([
      's.toml:9: session 2 (a): id: session 1 has the id "a", too',
      's.toml:10: session 2 (a): name: session 1 has the name "n", too',
    ])
    expect(mistakes(`[defaults]\nname = "x"\n${one('').replace('[defaults]\n', '')}`)[0]).toContain(
      's.toml:2: name: this key does not belong here',
    )
  })

  test('a wrong line of a file of variables is named without its text', () => {
    put('bad.env', 'A=1\nexport canary=1\n')
    expect(mistakes(one('env-file = "bad.env"'))).toEqual([
      's.toml:7: session 1 (a): env-file: bad.env:2: this is no variable',
    ])
  })

  test('circles among sessions and among bundles, each once', () => {
    const row = (id: string, after: string) => `[[sessions]]\nid = "${id}"\nafter = [${after}]\n`
    expect(mistakes(DEFAULTS + row('a', '"c"') + row('b', '"a"') + row('c', '"b", "x"') + row('d', '"a"'))).toEqual([
      's.toml:7: session 1 (a): after: these sessions wait for each other: a -> c -> b -> a',
      's.toml:13: session 3 (c): after: there is no session "x" (did you mean a?)',
    ])
    expect(
      mistakes(
        `${one('bundle = "q"')}[bundles.p]\ninherits = "p"\n[bundles.q]\ninherits = ["r"]\n[bundles.r]\ninherits = ["q", "pp"]\n`,
      ),
    ).toEqual([
      's.toml:9: inherits: the bundle "p" names itself',
      's.toml:11: inherits: these bundles inherit each other: q -> r -> q',
      's.toml:13: inherits: there is no bundle "pp" (did you mean p?)',
    ])
  })

  test('a mistake in the defaults is one, however many sessions there are', () => {
    const text = `[defaults]\nmemory = "lots"\nprovider = "codex"\n${PLACE}prompt = "p"\n[[sessions]]\nid = "a"\n[[sessions]]\nid = "b"\n`
    expect(mistakes(text)).toEqual([expect.stringMatching(/^s\.toml:2: memory: "lots" is not a size/)])
  })

  test('no session comes out of a manifest with a mistake', () => {
    expect(read(`${one('')}[[sessions]]\nid = "b"\nx = 1\n`).sessions).toEqual([])
  })

  test('a manifest that cannot be read', () => {
    expect(() => readManifest('m/none.toml', { cwd: folder, env: {}, config: NO_FILE })).toThrow(
      expect.objectContaining({ code: 'bad-file', message: 'm/none.toml: there is no such file' }),
    )
    expect(() => readManifest('m', { cwd: folder, env: {}, config: NO_FILE })).toThrow(BerthError)
  })
})

describe('results of others', () => {
  const both = (prompt: string, more = 'after = "plan"') =>
    `${DEFAULTS}[[sessions]]\nid = "plan"\n[[sessions]]\nid = "a"\n${more}\nprompt = """\n${prompt}"""\n`

  test.each(['{{results.plan.text}}', '{{ results.plan.files }} {{results.plan.commits}}', '{{other}} {results.x}'])(
    '%s can stand in a prompt',
    (prompt) => expect(mistakes(both(prompt))).toEqual([]),
  )

  test.each([
    [
      '{{results.plan.fils}}',
      'there is no field "fils"; there are text, files, branch, commits, json (did you mean files?)',
    ],
    ['{{results.plan}}', 'write {{results.ID.FIELD}}'],
    ['{{results}}', 'write {{results.ID.FIELD}}'],
    ['{{results.plam.text}}', 'there is no session "plam" (did you mean plan?)'],
    ['{{results.a.text}}', 'a session cannot read its own results'],
  ])('%s is refused', (prompt, words) => {
    const found = mistakes(both(prompt))
    expect(found).toEqual([expect.stringMatching(/^s\.toml:10: session 2 \(a\): .*results/)])
    expect(found[0]).toContain(words)
  })

  test('a session may run also if one that it waits for fails', () => {
    expect(first(one('')).afterFailed).toBeNull()
    const text = `[defaults]\nafter-failed = "run"\n${PLACE}prompt = "p"\n[[sessions]]\nid = "a"\n`
    expect(first(text).afterFailed).toBe('run')
    expect(first(`${text}after-failed = "fail"\n`).afterFailed).toBe('fail')
  })

  test('the JSON of a session that is asked for it', () => {
    const text = both('{{results.plan.json}}')
    expect(mistakes(text)).toEqual([
      's.toml:10: session 2 (a): results.plan.json: the session "plan" has no output-schema',
    ])
    expect(mistakes(text.replace('id = "plan"', 'id = "plan"\noutput-schema = { type = "array" }'))).toEqual([])
    expect(
      mistakes(
        `${text}[bundles.typed]\noutput-schema = { type = "array" }\n`.replace(
          'id = "plan"',
          'id = "plan"\nbundle = "typed"',
        ),
      ),
    ).toEqual([])
  })

  test('only of those that the session waits for, directly or through others', () => {
    expect(mistakes(both('{{results.plan.text}}', 'role = "x"'))).toEqual([
      's.toml:10: session 2 (a): results.plan: the session does not wait for "plan": write it into after',
    ])
    const chain = `${both('{{results.plan.text}}', 'after = "b"')}[[sessions]]\nid = "b"\nafter = "plan"\n`
    expect(mistakes(chain)).toEqual([])
  })

  test('in a file, by the line of the file', () => {
    put('p.md', 'one\ntwo {{results.x.text}}\n')
    expect(mistakes(one('prompt-file = "p.md"'))).toEqual([
      'p.md:2: session 1 (a): results.x: there is no session "x" (did you mean a?)',
    ])
  })
})

describe('docs/sessions.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/sessions.md'), 'utf8')

  const [, manifest = ''] = /```toml\n(.*?)```/s.exec(page) ?? []

  test('its manifest fits the JSON Schema, which refuses keys that Berth does not know', () => {
    const schema = z.fromJSONSchema(manifestSchema())
    expect(schema.safeParse(parse(manifest)).success).toBe(true)
    for (const wrong of ['memroy = "1g"', 'concurrency = 1', 'after = 3', 'id = "a b"'])
      expect([wrong, schema.safeParse(parse(manifest.replace('id = "plan"', wrong))).success]).toEqual([wrong, false])
  })

  test('its manifest is valid', () => {
    put('plan.md', 'Make a plan.')
    const { sessions, mistakes: wrong } = read(manifest)
    expect(wrong).toEqual([])
    expect(sessions.map(({ id, request }) => [id, request.agent])).toEqual([
      ['plan', 'codex'],
      ['build-1', 'codex'],
      ['review', 'claude'],
    ])
  })

  test('it names each key', () => {
    for (const key of Object.keys(OWN_KEYS)) expect(page).toContain(`\`${key}\``)
  })
})

test('each key of a session has a description', () => {
  for (const { description } of Object.values(OWN_KEYS)) expect(description).toMatch(/^[A-Z].*\.$/)
})

test('the schema of a result is read from its file, or stands in the manifest', () => {
  put('schema.json', '{"type": "array"}')
  expect(first(one('output-schema = "schema.json"\noutput-tries = 1')).settings).toMatchObject({
    'output-schema': { type: 'array' },
    'output-tries': 1,
  })
  expect(first(one('output-schema = { type = "array" }')).settings).toMatchObject({
    'output-schema': { type: 'array' },
  })
  put('schema.json', '{')
  expect(mistakes(one('output-schema = "schema.json"\n'))).toEqual([
    expect.stringMatching(/^s\.toml:7: session 1 \(a\): output-schema: schema\.json: it is not JSON/),
  ])
  expect(mistakes(one('output-schema = "none.json"\n'))).toEqual([
    's.toml:7: session 1 (a): output-schema: none.json: there is no such file',
  ])
})

test('the text of a startup script is read from its file', () => {
  put('tools.sh', '#!/bin/sh\ntrue\n')
  expect(first(one('startup-script = "tools.sh"')).request.startupScript).toBe('#!/bin/sh\ntrue\n')
  put('tools.sh', '')
  expect(mistakes(one('startup-script = "tools.sh"'))).toEqual([
    's.toml:7: session 1 (a): startup-script: tools.sh: it is empty',
  ])
  expect(mistakes(one('startup-script = "none.sh"'))).toEqual([
    's.toml:7: session 1 (a): startup-script: none.sh: there is no such file',
  ])
})

describe('the folder of a workspace', () => {
  test('is named from the folder of the manifest, and a nearer word for it replaces a farther one', () => {
    const { sessions } = read(
      `[defaults]\n${PLACE}prompt = "p"\nworkspace-template = "w/build-{n}"\nreuse-existing = true\n[[sessions]]\nid = "a"\n[[sessions]]\nid = "b"\nworkspace = "../b"\n[[sessions]]\nid = "c"\nworkspace-prefix = "c/"\n`,
    )
    expect(
      sessions.map(({ request }) => [request.workspace, request.workspaceTemplate, request.reuseExisting]),
    ).toEqual([
      [undefined, join(folder, 'm/w/build-{n}'), true],
      [join(folder, 'b'), undefined, true],
      [undefined, join(folder, 'm/c/{n}'), true],
    ])
  })

  test.each([
    ['workspace-template = "w"', 'workspace-template: .* is not the path of a folder with {n} once in its name'],
    ['workspace-template = "{n}/w"', 'is not the path of a folder with {n} once in its name'],
    [
      'workspace = "w"\nworkspace-prefix = "x"',
      'workspace-prefix: there is --workspace, too, and a task has one workspace',
    ],
    ['reuse-existing = true', 'reuse-existing: there is no folder to use'],
    ['workspace = "w"\nshared-tree = true', 'workspace: with --shared-tree the work tree is not a folder of its own'],
  ])('%s is refused', (lines, words) => {
    expect(mistakes(one(lines))).toEqual([
      expect.stringMatching(new RegExp(`^s\\.toml:\\d+: session 1 \\(a\\): .*${words}`)),
    ])
  })

  test('is not shared by two sessions, wherever it is written', () => {
    expect(
      mistakes(`[defaults]\n${PLACE}prompt = "p"\nworkspace = "w"\n[[sessions]]\nid = "a"\n[[sessions]]\nid = "b"\n`),
    ).toEqual([
      expect.stringMatching(
        /^s\.toml:8: session 2 \(b\): workspace: session 1 works in .*\/w, too; \{n\} in workspace-template gives each its own$/,
      ),
    ])
    const rows = '[[sessions]]\nid = "a"\nworkspace = "w/in"\n[[sessions]]\nid = "b"\nworkspace = "w"\n'
    expect(mistakes(`${DEFAULTS}${rows}`)).toEqual([
      expect.stringMatching(
        /session 2 \(b\): workspace: session 1 works in .*\/in, and one of the folders lies in the other/,
      ),
    ])
  })
})
