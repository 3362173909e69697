import { readdirSync, rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { refProblem } from '../../src/domain/ref-name.ts'
import { hostGit } from '../../src/git/host-git.ts'
import { git, gitBytes } from '../fixtures/remotes/git.ts'
import { commitFiles, makeBare, makeEmptyBare } from '../fixtures/remotes/make-repository.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { callerEnvWithLogin, startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { startSshRemote } from '../fixtures/remotes/start-ssh-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const berth = hostGit()
const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => ({ code: 'none', message: '' }),
    (error) => error as { code: string; message: string },
  )

describe('resolve', () => {
  it('knows branches, annotated tags, full refs, commits and the default branch', async () => {
    await using stack = new AsyncDisposableStack()
    const remote = await startFileRemote()
    stack.defer(() => remote.close())
    const work = `${remote.bare}.work`
    const first = git(work, ['rev-parse', 'HEAD'])
    git(work, ['tag', '-a', '-m', 'one', 'v1'])
    git(work, ['checkout', '-q', '-b', 'feature/x'])
    const second = commitFiles(work, { a: 'a' }, 'second')
    git(work, ['push', '-q', remote.bare, 'feature/x', 'v1', 'HEAD:refs/pull/7/head'])
    const ask = (ref: string | null) => berth.resolve(remote.url, ref, remote.callerEnv)
    const rest = { defaultBranch: 'main' }

    expect(await ask('feature/x')).toEqual({ sha: second, ref: 'refs/heads/feature/x', branch: 'feature/x', ...rest })
    expect(await ask('v1')).toEqual({ sha: first, ref: 'refs/tags/v1', branch: null, ...rest })
    expect(await ask('refs/pull/7/head')).toEqual({ sha: second, ref: 'refs/pull/7/head', branch: null, ...rest })
    expect(await ask(second)).toEqual({ sha: second, ref: null, branch: null, ...rest })
    expect(await ask('HEAD')).toEqual({ sha: first, ref: 'refs/heads/main', branch: 'main', ...rest })
    expect(await berth.resolve(remote.bare, 'main', remote.callerEnv)).toMatchObject({ sha: first })

    const typo = await failed(ask('featur/x'))
    expect(typo.code).toBe('ref-not-found')
    expect(typo.message).toContain('nearest: feature/x')
    expect((await failed(ask(first.slice(0, 8)))).message).toContain('all its 40 letters')
  })

  it('tells an empty repository and a HEAD that leads nowhere', async () => {
    using folder = temporaryFolder()
    const callerEnv = { PATH: process.env['PATH'] ?? '', HOME: folder.path }
    const empty = makeEmptyBare(folder.at('empty.git'))
    expect(await berth.resolve(empty, null, callerEnv)).toMatchObject({ sha: '' })
    expect((await failed(berth.resolve(empty, 'main', callerEnv))).message).toContain('empty')
    const bare = makeBare(folder.at('x.git'))
    git(bare, ['symbolic-ref', 'HEAD', 'refs/heads/gone'])
    expect((await failed(berth.resolve(bare, null, callerEnv))).code).toBe('ref-not-found')
  })

  it('says in git’s words what keeps it from a remote', async () => {
    await using stack = new AsyncDisposableStack()
    using folder = temporaryFolder()
    const http = await startHttpRemote({ login: { user: 'ann', password: 'tops3cret' } })
    stack.defer(() => http.close())
    const ssh = await startSshRemote()
    stack.defer(() => ssh.close())
    const cases = [
      { url: http.url, callerEnv: callerEnvWithLogin(folder.path, 'ann', 'wr0ngword'), words: 'Authentication failed' },
      { url: http.url, callerEnv: { HOME: folder.at('none') }, words: 'could not read Username' },
      { url: http.url.replace('project', 'other'), callerEnv: http.callerEnv, words: 'not found' },
      { url: 'http://127.0.0.1:1/x.git', callerEnv: {}, words: 'Failed to connect' },
      { url: 'http://no-such-host.invalid/x.git', callerEnv: {}, words: 'Could not resolve host' },
      { url: ssh.url, callerEnv: ssh.stranger, words: 'Permission denied (publickey)' },
      { url: ssh.url, callerEnv: ssh.newcomer, words: 'Host key verification failed' },
      {
        url: ssh.url.replace('project', 'other'),
        callerEnv: ssh.callerEnv,
        words: 'does not appear to be a git repository',
      },
      { url: folder.at('missing'), callerEnv: {}, words: 'does not appear to be a git repository' },
      { url: 'ext::sh -c touch% /tmp/x', callerEnv: {}, words: "transport 'ext' not allowed" },
    ]
    const results = await Promise.all(cases.map(({ url, callerEnv }) => failed(berth.resolve(url, null, callerEnv))))
    for (const [index, error] of results.entries()) {
      expect(error.message).toContain(cases[index]!.words)
      expect(error.code).toBe('repository-unreachable')
      expect(error.message).not.toMatch(/tops3cret|wr0ngword/)
    }
  })

  it('gives up after ten seconds, and at once when it is told to', async () => {
    await using stack = new AsyncDisposableStack()
    const remote = await startHttpRemote({ delay: 60_000 })
    stack.defer(() => remote.close())
    const abort = new AbortController()
    const aborted = failed(berth.resolve(remote.url, null, remote.callerEnv, abort.signal))
    setTimeout(() => abort.abort(new Error('enough')), 200)
    // Its own limit would say something else.
    expect((await aborted).message).toBe('enough')
    const error = await failed(berth.resolve(remote.url, null, remote.callerEnv))
    expect(error.message).toContain('no answer in 10 s')
    expect(error.code).toBe('repository-unreachable')
  })

  it('uses insteadOf of the caller and hides what it puts into the URL', async () => {
    await using stack = new AsyncDisposableStack()
    const remote = await startHttpRemote({ login: { user: 'ann', password: 'tops3cret' } })
    stack.defer(() => remote.close())
    const base = `http://ann:wr0ngword@127.0.0.1:${remote.port}/`
    const callerEnv = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.${base}.insteadOf`,
      GIT_CONFIG_VALUE_0: 'http://work/',
    }
    const error = await failed(berth.resolve('http://work/project.git', null, callerEnv))
    expect(error.message).toContain('Authentication failed')
    expect(error.message).not.toContain('wr0ngword')
    expect(
      await berth.resolve('http://work/project.git', null, {
        ...callerEnv,
        GIT_CONFIG_KEY_0: `url.${base.replace('wr0ngword', 'tops3cret')}.insteadOf`,
      }),
    ).toMatchObject({ branch: 'main' })
  })
})

describe('refProblem against git itself', () => {
  it('refuses what git check-ref-format refuses', () => {
    using folder = temporaryFolder()
    const parts = ['a', '.', '/', '..', '@', '{', '~', ' ', '\\', '-', '.lock', 'é', ':', '*', '\u007f', '^', '[', '?']
    const names = parts
      .flatMap((x) => parts.flatMap((y) => [`a${x}${y}`, `${x}a${y}`]))
      .filter((name) => !name.startsWith('-'))
    const accepted = new Set(acceptedByGit(folder.path, names))
    const differ = names.filter((name) => accepted.has(name) !== (refProblem(name) === undefined))
    expect(differ).toEqual([])
    expect(accepted.size).toBeGreaterThan(30)
  })
})

/** A small shell loop in one process tree, so that a thousand names take a second. */
const acceptedByGit = (folder: string, names: readonly string[]): readonly string[] => {
  const script =
    'while IFS= read -r name; do git check-ref-format --allow-onelevel "$name" && printf "%s\\n" "$name"; done; true'
  return git(folder, ['-c', `alias.probe=!${script}`, 'probe'], { input: `${names.join('\n')}\n` }).split('\n')
}

describe('a repository of this machine that cannot be read', () => {
  it('is not said to be a matter of credentials', async () => {
    using folder = temporaryFolder()
    const callerEnv = { PATH: process.env['PATH'] ?? '', HOME: folder.path }
    const bare = makeBare(folder.at('x.git'))
    const sha = git(bare, ['rev-parse', 'main'])
    git(bare, ['repack', '-q', '-a', '-d'])
    git(bare, ['unpack-objects', '-q'], {
      input: gitBytes(bare, ['pack-objects', '--all', '--quiet', '--stdout'], { input: '' }),
    })
    const lost = git(bare, ['rev-parse', 'main:README.md'])
    for (const name of readdirSync(folder.at('x.git/objects/pack'))) rmSync(folder.at('x.git/objects/pack', name))
    git(bare, ['hash-object', '-t', 'tree', '-w', '--stdin'], { input: '' })
    rmSync(folder.at('x.git/objects', lost.slice(0, 2), lost.slice(2)), { force: true })
    const rest = { mirrorsDir: folder.at('mirrors'), sha, pin: 'p', callerEnv }
    for (const url of [bare, `file://${bare}`])
      expect((await failed(berth.mirror({ ...rest, url }))).code).toBe('repository-unreadable')

    const whole = makeBare(folder.at('whole.git'))
    git(whole, ['config', 'uploadpack.allowFilter', 'true'])
    git('/', ['clone', '-q', '--bare', '--filter=blob:none', `file://${whole}`, folder.at('partial.git')])
    rmSync(whole, { recursive: true })
    const error = await failed(
      berth.mirror({
        ...rest,
        url: folder.at('partial.git'),
        sha: git(folder.at('partial.git'), ['rev-parse', 'main']),
      }),
    )
    expect(error).toMatchObject({
      code: 'repository-unreadable',
      message: expect.stringMatching(/is a partial clone[\s\S]*could not fetch the rest/),
    })
  })

  it('says which branches there are where HEAD names none', async () => {
    using folder = temporaryFolder()
    const callerEnv = { PATH: process.env['PATH'] ?? '', HOME: folder.path }
    const bare = makeBare(folder.at('x.git'))
    git(bare, ['symbolic-ref', 'HEAD', 'refs/heads/gone'])
    expect(await failed(berth.resolve(bare, null, callerEnv))).toMatchObject({
      message: expect.stringContaining('it names no existing branch'),
      hint: 'Name a branch with --branch: main.',
    })
  })

  it('tells the branches that are checked out, in any work tree', async () => {
    using folder = temporaryFolder()
    const bare = makeBare(folder.at('x.git'))
    git('/', ['clone', '-q', bare, folder.at('clone')])
    git(folder.at('clone'), ['worktree', 'add', '-q', '-b', 'second', folder.at('tree')])
    expect(await berth.checkedOut(folder.at('clone'))).toEqual(['main', 'second'])
    expect(await berth.checkedOut(bare)).toEqual([])
  })
})
