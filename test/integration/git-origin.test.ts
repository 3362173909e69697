import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CloneSource } from '../../src/plan/facts.ts'
import { GIT_FILE, planGitFiles } from '../../src/plan/git-files.ts'
import { git } from '../fixtures/remotes/git.ts'
import { commitFiles, makeBare } from '../fixtures/remotes/make-repository.ts'
import { type HttpRemote, startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const TOOLS = join(import.meta.dirname, '../../images/toolbox')
const PUSHED_LATER = "Berth pushes the task's commits at the end of the turn"

/** A work folder with git's configuration as a sandbox has it, and a mirror that is ahead of the work folder. */
const sandbox = (url: string) => {
  const folder = temporaryFolder()
  const { at } = folder
  const mirror = makeBare(at('mirror.git'), { 'a.txt': 'a\n' })
  const base = git(mirror, ['rev-parse', 'main'])
  git(mirror, ['tag', 'v1'])
  git(mirror, ['update-ref', 'refs/berth/base/t-other', base])
  git('/', ['clone', '--quiet', mirror, at('work')])
  git(at('work'), ['remote', 'set-url', 'origin', url])
  git('/', ['clone', '--quiet', mirror, at('other')])
  commitFiles(at('other'), { 'b.txt': 'b\n' }, 'later')
  git(at('other'), ['push', '--quiet', 'origin', 'HEAD:main', 'HEAD:next'])
  const head = git(mirror, ['rev-parse', 'main'])
  const source = { kind: 'clone', url } as Parameters<typeof planGitFiles>[1]['source']
  const paths = { work: at('work'), mirror, furtherMirrors: [], bin: TOOLS, helper: [] }
  for (const { path, text } of planGitFiles({ policy: 'sandboxed', lfs: 'off' }, { host: null, source }, paths)) {
    mkdirSync(dirname(at('home', path)), { recursive: true })
    writeFileSync(at('home', path), text)
  }
  const user = '[user]\n\tname = Ada\n\temail = ada@example.org\n'
  writeFileSync(at('home/.gitconfig'), `${user}[include]\n\tpath = ${GIT_FILE}\n`)
  /** Runs git as the agent does; what it prints, and its exit code. */
  const run = (args: readonly string[], { cwd = at('work'), env = {} } = {}) => {
    const variables = {
      PATH: process.env['PATH'],
      HOME: at('home'),
      GIT_CONFIG_NOSYSTEM: '1',
      BERTH_TASK: 't-1',
      ...env,
    }
    const { status, stdout, stderr } = spawnSync('git', args, { cwd, env: variables, encoding: 'utf8' })
    return { status, out: stdout.trim(), err: stderr.trim() }
  }
  return { at, mirror, base, head, run, [Symbol.dispose]: () => folder[Symbol.dispose]() }
}
type Sandbox = ReturnType<typeof sandbox>

const REFS = /^[0-9a-f]+\tHEAD\n[0-9a-f]+\trefs\/heads\/main\n[0-9a-f]+\trefs\/heads\/next\n[0-9a-f]+\trefs\/tags\/v1$/

const isServed = (box: Sandbox, address: string) =>
  expect(box.run(['ls-remote', address]), address).toMatchObject({ status: 0, out: expect.stringMatching(REFS) })

describe.each([
  'https://git.invalid/acme/app.git',
  'https://git.invalid/acme/app',
  'https://ann@Git.invalid/acme/app',
  'git@git.invalid:acme/app.git',
  'ssh://git@git.invalid:2222/acme/app.git',
  'file:///nowhere/acme/app.git',
  '/nowhere/acme/app',
])('inside a sandbox, with the origin %s', (url) => {
  let box: Sandbox
  beforeAll(() => {
    box = sandbox(url)
  })
  afterAll(() => box[Symbol.dispose]())

  test('fetch, pull and ls-remote must read the mirror', () => {
    isServed(box, 'origin')
    expect(box.run(['fetch', 'origin'])).toMatchObject({ status: 0 })
    expect(git(box.at('work'), ['rev-parse', 'origin/main'])).toBe(box.head)
    expect(box.run(['pull'])).toMatchObject({ status: 0 })
    expect(git(box.at('work'), ['rev-parse', 'HEAD'])).toBe(box.head)
    for (const args of [
      ['fetch', '--all'],
      ['remote', 'update'],
      ['fetch', '--depth=1'],
      ['fetch', '--unshallow'],
    ])
      expect(box.run(args), String(args)).toMatchObject({ status: 0 })
  })

  test('the address must stay as it is, in the list of remotes and in the message of a merge', () => {
    expect(box.run(['remote', 'get-url', 'origin']).out).toBe(url)
    const remotes = box.run(['remote', '-v']).out.split('\n')
    expect(remotes.filter((line) => line.startsWith('origin'))).toEqual([
      `origin\t${url} (fetch)`,
      `origin\t${url} (push)`,
    ])
    box.run(['fetch', 'origin', 'next'])
    expect(readFileSync(box.at('work/.git/FETCH_HEAD'), 'utf8')).toContain("branch 'next' of ")
    expect(readFileSync(box.at('work/.git/FETCH_HEAD'), 'utf8')).not.toContain('berth')
  })

  test('a push must be refused at once, and say when Berth pushes', () => {
    const refused = { status: 128, err: expect.stringContaining(PUSHED_LATER) }
    for (const args of [
      ['push', 'origin', 'HEAD'],
      ['push', '--all'],
      ['push', '--force', 'origin', ':main'],
    ])
      expect(box.run(args), String(args)).toMatchObject(refused)
    expect(git(box.mirror, ['rev-parse', 'main'])).toBe(box.head)
  })

  test('a work tree of the same repository must reach origin too', () => {
    expect(box.run(['worktree', 'add', '--quiet', '--detach', box.at('tree')])).toMatchObject({ status: 0 })
    expect(box.run(['fetch', 'origin'], { cwd: box.at('tree') })).toMatchObject({ status: 0 })
  })

  test.skipIf(url.startsWith('/'))('the address must be served where somebody types it', () => {
    isServed(box, url)
    const plain = url.replace(/\.git$/, '')
    if (!url.startsWith('file:')) for (const end of ['', '.git', '/']) isServed(box, `${plain}${end}`)
    expect(box.run(['push', url, 'HEAD'])).toMatchObject({ status: 128, err: expect.stringContaining(PUSHED_LATER) })
  })

  test('an address that begins like it, or leads elsewhere, must not be served', () => {
    const plain = url.replace(/\.git$/, '')
    for (const end of ['-tools', '-tools.git', 's', '/../x', '/x', '.git.git', '/../app'])
      expect(box.run(['ls-remote', `${plain}${end}`]), end).toMatchObject({ status: 128, out: '' })
    for (const other of [plain.replace('acme', 'acme2'), plain.replace('app', 'App'), `${plain}?x`])
      expect(box.run(['ls-remote', other]), other).toMatchObject({ status: 128, out: '' })
  })
})

describe('clones inside a sandbox', () => {
  const URL = 'https://git.invalid/acme/app.git'

  test.each([[], ['--depth=1'], ['--filter=blob:none'], ['--bare'], ['--mirror']])(
    'clone %s of the address',
    (...args) => {
      using box = sandbox(URL)
      expect(box.run(['clone', ...args, URL, box.at('copy')])).toMatchObject({ status: 0 })
      expect(box.run(['log', '-1', '--format=%H'], { cwd: box.at('copy') }).out).toBe(box.head)
      expect(box.run(['for-each-ref', 'refs/berth'], { cwd: box.at('copy') }).out).toBe('')
      expect(box.run(['fetch'], { cwd: box.at('copy') })).toMatchObject({ status: 0 })
    },
  )

  test('a partial clone must fetch what it lacks', () => {
    using box = sandbox(URL)
    expect(box.run(['clone', '--filter=blob:none', '--no-checkout', URL, box.at('copy')])).toMatchObject({ status: 0 })
    expect(box.run(['show', 'HEAD:b.txt'], { cwd: box.at('copy') })).toMatchObject({ status: 0, out: 'b' })
  })

  test('another remote of the work folder must not be served', () => {
    using box = sandbox(URL)
    box.run(['remote', 'add', 'second', 'https://git.invalid/acme/second.git'])
    expect(box.run(['fetch', 'second'])).toMatchObject({ status: 128, err: expect.stringContaining('git.invalid') })
  })

  test('a repository of the sandbox must be reached by its path, under the name origin as well', () => {
    using box = sandbox(URL)
    box.run(['remote', 'set-url', 'origin', box.at('other')])
    expect(box.run(['ls-remote', 'origin'])).toMatchObject({ status: 0, out: expect.stringContaining('refs/remotes/') })
    expect(box.run(['push', 'origin', 'HEAD:refs/heads/mine'])).toMatchObject({ status: 0 })
    expect(git(box.at('other'), ['rev-parse', 'mine'])).toBe(git(box.at('work'), ['rev-parse', 'HEAD']))
  })

  test.each([
    'git@git.invalid:acme/other.git',
    'ssh://git.invalid/acme/app.git',
    'ssh://git@git.invalid:2222/acme/app.git',
    'ssh://-oProxyCommand=touch/x',
  ])('ssh to %s must be refused with the reason', (address) => {
    using box = sandbox(URL)
    const { status, err } = box.run(['ls-remote', address])
    expect(status).toBe(128)
    if (!address.includes('-o')) expect(err).toContain('ssh has no way out of this sandbox')
    box.run(['remote', 'set-url', 'origin', address])
    expect(box.run(['fetch', 'origin'])).toMatchObject({ status: 128 })
  })

  test('the forge’s ssh address of the origin must be served', () => {
    using box = sandbox(URL)
    for (const address of ['git@git.invalid:acme/app.git', 'ssh://git@GIT.invalid/acme/app']) isServed(box, address)
  })
})

describe('submodules inside a sandbox', () => {
  const URL = 'https://git.invalid/acme/app.git'

  /** Says that `sub` is a submodule with this address. */
  const addModule = (box: Sandbox, address: string) => {
    writeFileSync(box.at('work/.gitmodules'), `[submodule "sub"]\n\tpath = sub\n\turl = ${address}\n`)
    box.run(['update-index', '--add', '--cacheinfo', `160000,${box.base},sub`])
    box.run(['add', '.gitmodules'])
    return box.run(['submodule', 'update', '--init'])
  }

  test.each([URL, '../app.git', './'])('%s is the origin: it must be served', (address) => {
    using box = sandbox(URL)
    expect(addModule(box, address)).toMatchObject({ status: 0 })
    expect(git(box.at('work/sub'), ['rev-parse', 'HEAD'])).toBe(box.base)
  })

  test.each(['../app-tools.git', 'https://git.invalid/acme/app-tools', '../other/app.git'])(
    '%s is another repository: git must go to its server',
    (address) => {
      using box = sandbox(URL)
      expect(addModule(box, address)).toMatchObject({
        status: 1,
        err: expect.stringContaining("access 'https://git.invalid"),
      })
    },
  )

  test.each([
    'berth::ext::sh -c touch% made',
    'berth::FOLDER/other',
    'berth::file://FOLDER/other',
    'berth::FOLDER/mirror.git',
  ])('%s must run no command and read no folder', (address) => {
    using box = sandbox(URL)
    expect(addModule(box, address.replace('FOLDER', box.at()))).toMatchObject({
      status: 1,
      err: expect.stringMatching(/no way out|must not name a folder/),
    })
    expect(git(box.at('work'), ['status', '--porcelain', 'made'])).toBe('')
  })
})

describe('the usual way of other addresses', () => {
  let remote: HttpRemote
  beforeAll(async () => {
    remote = await startHttpRemote()
    makeBare(join(dirname(remote.bare), 'project-tools.git'), { 'tool.txt': 'a tool\n' })
  })
  afterAll(() => remote.close())

  test('a sibling must come from its server, and the origin must not', async () => {
    using box = sandbox(remote.url)
    const sibling = remote.url.replace(/\.git$/, '-tools.git')
    const run = (...args: readonly string[]) => box.run(args, { cwd: box.at() })
    const env = { PATH: process.env['PATH'], HOME: box.at('home'), GIT_CONFIG_NOSYSTEM: '1' }
    await promisify(execFile)('git', ['clone', '--quiet', '--depth=1', sibling, box.at('tools')], {
      env,
      cwd: box.at(),
    })
    expect(git(box.at('tools'), ['show', 'HEAD:tool.txt'])).toBe('a tool')
    const asked = remote.state.requests.length
    expect(asked).toBeGreaterThan(0)
    expect(run('clone', '--quiet', remote.url, box.at('copy'))).toMatchObject({ status: 0 })
    expect(remote.state.requests.length).toBe(asked)
  })
})

test('inside a sandbox with two repositories, each address must read its own mirror', () => {
  using folder = temporaryFolder()
  const { at } = folder
  const urls = { app: 'https://git.invalid/acme/app.git', lib: 'git@git.invalid:acme/lib.git' }
  const clones = Object.entries(urls).map(([name, url]) => {
    makeBare(at(`${name}.git`), { [`${name}.txt`]: '1\n' })
    git('/', ['clone', '--quiet', at(`${name}.git`), at('work', name)])
    git(at('work', name), ['remote', 'set-url', 'origin', url])
    return { kind: 'clone', url, folder: name } as CloneSource & { folder: string }
  })
  const [source, ...further] = clones
  const paths = { work: at('work'), mirror: at('app.git'), furtherMirrors: [at('lib.git')], bin: TOOLS, helper: [] }
  const facts = { host: null, source: source as CloneSource, further }
  for (const { path, text } of planGitFiles({ policy: 'sandboxed', lfs: 'off' }, facts, paths)) {
    mkdirSync(dirname(at('home', path)), { recursive: true })
    writeFileSync(at('home', path), text)
  }
  writeFileSync(at('home/.gitconfig'), `[include]\n\tpath = ${GIT_FILE}\n`)
  const env = { PATH: process.env['PATH'], HOME: at('home'), GIT_CONFIG_NOSYSTEM: '1', BERTH_TASK: 't-1' }
  const headOf = (cwd: string, address: string) =>
    spawnSync('git', ['ls-remote', address, 'refs/heads/main'], { cwd, env, encoding: 'utf8' }).stdout.slice(0, 40)
  const heads = Object.keys(urls).map((name) => git(at(`${name}.git`), ['rev-parse', 'main']))
  expect(heads[0]).not.toBe(heads[1])
  expect([headOf(at('work/app'), 'origin'), headOf(at('work/lib'), 'origin')]).toEqual(heads)
  // Each from the folder of the other, too.
  expect([headOf(at('work/lib'), urls.app), headOf(at('work/app'), urls.lib)]).toEqual(heads)
})
