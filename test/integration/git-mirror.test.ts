import { existsSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SeenRefs } from '../../src/git/git.ts'
import { hostGit } from '../../src/git/host-git.ts'
import { mirrorPath } from '../../src/git/mirror-path.ts'
import { git } from '../fixtures/remotes/git.ts'
import { makeHistory } from '../fixtures/remotes/make-history.ts'
import { commitFiles } from '../fixtures/remotes/make-repository.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const setUp = (remote: Remote, folder: string) => {
  const berth = hostGit()
  const rest = { mirrorsDir: join(folder, 'mirrors'), url: remote.url, callerEnv: remote.callerEnv }
  const bring = (sha: string, more: { pin?: string; signal?: AbortSignal; onProgress?: (line: string) => void } = {}) =>
    berth.mirror({ ...rest, sha, pin: 'p', ...more })
  return { berth, bring }
}

const pushFrom = (remote: Remote, ...refs: readonly string[]) =>
  git(`${remote.bare}.work`, ['push', '-q', '--force', remote.bare, ...refs])

describe('mirror', () => {
  it('fetches once for two that ask at the same time', async () => {
    await using stack = new AsyncDisposableStack()
    using folder = temporaryFolder()
    const remote = await startHttpRemote({ delay: 50 })
    stack.defer(() => remote.close())
    const { bring } = setUp(remote, folder.path)
    const sha = git(remote.bare, ['rev-parse', 'main'])
    const results = await Promise.all(['a', 'b', 'c'].map((pin) => bring(sha, { pin })))
    expect(results.map((result) => result.fetched)).toEqual([true, false, false])
    expect(remote.state.requests.filter((line) => line.startsWith('GET')).length).toBe(1)
    const mirror = results[0]!.path
    expect(git(mirror, ['for-each-ref', '--format=%(refname)', 'refs/berth'])).toBe(
      ['a', 'b', 'c'].map((pin) => `refs/berth/base/${pin}`).join('\n'),
    )
    expect(git(mirror, ['fsck', '--strict'])).toBe('')
  })

  it('holds heads and tags as they are now, and keeps a pinned base that went away', async () => {
    await using stack = new AsyncDisposableStack()
    using folder = temporaryFolder()
    const remote = await startFileRemote()
    stack.defer(() => remote.close())
    const { berth, bring } = setUp(remote, folder.path)
    const work = `${remote.bare}.work`
    const first = commitFiles(work, { a: '1' }, 'one')
    git(work, ['tag', 'v1'])
    pushFrom(remote, 'HEAD:main', 'HEAD:gone', 'v1', 'HEAD:refs/pull/1/head')
    const { path } = await bring(first)
    expect(git(path, ['for-each-ref', '--format=%(refname)'])).toBe(
      ['refs/berth/base/p', 'refs/heads/gone', 'refs/heads/main', 'refs/tags/v1'].join('\n'),
    )
    git(work, ['commit', '-q', '--amend', '-m', 'other'])
    const second = git(work, ['rev-parse', 'HEAD'])
    pushFrom(remote, 'HEAD:main', ':gone', 'v1:refs/heads/v1-branch')
    expect(await bring(second, { pin: 'q' })).toEqual({ path, fetched: true })
    expect(git(path, ['rev-parse', 'main', 'berth/base/p'])).toBe(`${second}\n${first}`)
    expect(git(path, ['for-each-ref', '--format=%(refname)', 'refs/heads/gone'])).toBe('')

    git(path, ['pack-refs', '--all'])
    await berth.unpin(path, 'p')
    await berth.unpin(path, 'p')
    expect(git(path, ['for-each-ref', '--format=%(refname)', 'refs/berth'])).toBe('refs/berth/base/q')
  })

  it('has what the remote has at the start, also where the commit was there, and asks for nothing where all is', async () => {
    await using stack = new AsyncDisposableStack()
    using folder = temporaryFolder()
    const remote = await startHttpRemote()
    stack.defer(() => remote.close())
    const work = `${remote.bare}.work`
    const { berth } = setUp(remote, folder.path)
    const start = async (pin: string) => {
      let seen: SeenRefs | undefined
      const told = (refs: SeenRefs) => {
        seen = refs
      }
      const { sha } = await berth.resolve(remote.url, 'main', remote.callerEnv, undefined, { seen: told })
      const rest = { mirrorsDir: join(folder.path, 'mirrors'), url: remote.url, callerEnv: remote.callerEnv }
      const before = remote.state.requests.length
      const brought = await berth.mirror({ ...rest, sha, pin, ...(seen && { seen }) })
      return { ...brought, asked: remote.state.requests.length - before }
    }
    git(work, ['tag', '-a', '-m', 'one', 'v1'])
    pushFrom(remote, 'HEAD:old', 'HEAD:gone', 'v1')
    const { path } = await start('a')
    expect(await start('b')).toMatchObject({ fetched: false, asked: 0 })

    git(work, ['checkout', '-q', '-b', 'side'])
    const side = commitFiles(work, { side: '1' }, 'side')
    git(work, ['tag', 'v2'])
    pushFrom(remote, 'side:old', 'side:fresh', ':gone', 'v2')
    git(remote.bare, ['symbolic-ref', 'HEAD', 'refs/heads/fresh'])
    expect(await start('c')).toMatchObject({ fetched: true })
    expect(git(path, ['rev-parse', 'old', 'fresh', 'v2'])).toBe([side, side, side].join('\n'))
    expect(git(path, ['for-each-ref', '--format=%(refname)', 'refs/heads', 'refs/tags'])).not.toContain('gone')
    expect(git(path, ['symbolic-ref', 'HEAD'])).toBe('refs/heads/fresh')
    expect(await start('d')).toMatchObject({ fetched: false, asked: 0 })
  })

  it('fetches a commit that no branch leads to, and says when there is none', async () => {
    await using stack = new AsyncDisposableStack()
    using folder = temporaryFolder()
    const remote = await startHttpRemote()
    stack.defer(() => remote.close())
    const { bring } = setUp(remote, folder.path)
    const hidden = commitFiles(`${remote.bare}.work`, { b: '2' }, 'hidden')
    pushFrom(remote, 'HEAD:refs/pull/1/head')
    const { path } = await bring(hidden)
    expect(git(path, ['log', '-1', '--format=%s', hidden])).toBe('hidden')
    await expect(bring('0123456789'.repeat(4))).rejects.toMatchObject({ code: 'ref-not-found' })
  })

  it('runs no hook of the caller', async () => {
    await using stack = new AsyncDisposableStack()
    using folder = temporaryFolder()
    const remote = await startHttpRemote()
    stack.defer(() => remote.close())
    const hook = folder.at('reference-transaction')
    writeFileSync(hook, `#!/bin/sh\ntouch ${folder.at('canary')}\n`, { mode: 0o755 })
    writeFileSync(folder.at('.gitconfig'), `[core]\n\thooksPath = ${folder.path}\n`)
    const callerEnv = { ...remote.callerEnv, HOME: folder.path }
    const sha = git(remote.bare, ['rev-parse', 'main'])
    expect((await setUp({ ...remote, callerEnv }, folder.path).bring(sha)).fetched).toBe(true)
    expect(existsSync(folder.at('canary'))).toBe(false)
  })

  it('makes an empty mirror of an empty repository', async () => {
    await using stack = new AsyncDisposableStack()
    using folder = temporaryFolder()
    const remote = await startFileRemote()
    stack.defer(() => remote.close())
    const { path, fetched } = await setUp(remote, folder.path).bring('')
    expect(fetched).toBe(false)
    expect(git(path, ['for-each-ref'])).toBe('')
  })

  it('goes on after a fetch was killed in its middle and left locks behind', async () => {
    await using stack = new AsyncDisposableStack()
    using folder = temporaryFolder()
    const bare = folder.at('big.git')
    const sha = await makeHistory(bare, 24)
    const remote = await startHttpRemote({ bare })
    stack.defer(() => remote.close())
    const { bring } = setUp(remote, folder.path)
    const abort = new AbortController()
    const onProgress = (line: string) => /Receiving objects: +[3-9]\d%/.test(line) && abort.abort(new Error('killed'))
    await expect(bring(sha, { signal: abort.signal, onProgress })).rejects.toThrow('killed')
    const mirror = join(folder.at('mirrors'), readdirSync(folder.at('mirrors'))[0]!)
    expect(readdirSync(join(mirror, 'objects/pack')).filter((name) => name.startsWith('tmp_'))).not.toEqual([])
    for (const lock of ['packed-refs.lock', 'HEAD.lock', 'refs/heads/main.lock']) writeFileSync(join(mirror, lock), '')
    expect(await bring(sha)).toEqual({ path: mirror, fetched: true })
    expect(readdirSync(join(mirror, 'objects/pack')).filter((name) => name.startsWith('tmp_'))).toEqual([])
    expect(existsSync(join(mirror, 'packed-refs.lock'))).toBe(false)
  })

  it('is readable for every user, whatever the umask is, and the second call takes no time', async () => {
    await using stack = new AsyncDisposableStack()
    using folder = temporaryFolder()
    const bare = folder.at('big.git')
    const sha = await makeHistory(bare, 24)
    const remote = await startFileRemote({ bare })
    stack.defer(() => remote.close())
    const { bring } = setUp(remote, folder.path)
    const before = process.umask(0o077)
    stack.defer(() => void process.umask(before))
    const start = performance.now()
    const { path } = await bring(sha)
    const first = performance.now() - start
    await bring(sha, { pin: 'q' })
    const second = performance.now() - start - first
    for (const entry of [path, ...readdirSync(path, { recursive: true }).map((name) => join(path, String(name)))]) {
      const { mode } = statSync(entry)
      const wanted = statSync(entry).isDirectory() ? 0o755 : 0o444
      expect((mode & wanted).toString(8), entry).toBe(wanted.toString(8))
    }
    expect(second).toBeLessThan(first / 10)
  })

  it.each([
    ['sha1', '0'.repeat(40)],
    ['sha256', ''],
  ])(
    'fills an empty mirror in its place, and a fetch that fails leaves none that is whole: %s',
    async (format, known) => {
      using folder = temporaryFolder()
      const bare = folder.at('remote.git')
      git('/', ['init', '-q', '--bare', `--object-format=${format}`, '--initial-branch=main', bare])
      git('/', ['init', '-q', `--object-format=${format}`, '--initial-branch=main', `${bare}.work`])
      const sha = commitFiles(`${bare}.work`, { a: '1' }, 'one')
      git(`${bare}.work`, ['push', '-q', bare, 'HEAD:main'])
      const berth = hostGit()
      const rest = { mirrorsDir: folder.at('mirrors'), url: bare, callerEnv: {}, pin: 'p' }
      const path = mirrorPath(rest.mirrorsDir, bare)
      berth.emptyMirror(path, known)
      const { ino } = statSync(path)
      renameSync(bare, `${bare}.away`)
      await expect(berth.mirror({ ...rest, sha })).rejects.toMatchObject({ code: 'repository-unreachable' })
      expect(await berth.top({ repository: path, commit: sha, file: 'a', maxBytes: 9 })).toBeUndefined()
      renameSync(`${bare}.away`, bare)
      berth.emptyMirror(path, sha)
      expect(await berth.mirror({ ...rest, sha })).toEqual({ path, fetched: true })
      expect(statSync(path).ino).toBe(ino)
      expect(git(path, ['rev-parse', 'main'])).toBe(sha)
    },
  )

  it('joins packs after many fetches and loses nothing', async () => {
    await using stack = new AsyncDisposableStack()
    using folder = temporaryFolder()
    const remote = await startFileRemote()
    stack.defer(() => remote.close())
    const { bring } = setUp(remote, folder.path)
    const work = `${remote.bare}.work`
    const shas: string[] = []
    let path = ''
    for (let n = 0; n < 42; n++) {
      git(work, ['commit', '-q', '--amend', '--allow-empty', '-m', `amended ${n}`])
      pushFrom(remote, 'HEAD:main')
      shas.push(git(work, ['rev-parse', 'HEAD']))
      path = (await bring(shas.at(-1)!)).path
    }
    const packs = readdirSync(join(path, 'objects/pack')).filter((name) => name.endsWith('.pack'))
    expect(packs.length).toBeLessThan(20)
    const types = git(path, ['cat-file', '--batch-check=%(objecttype)'], { input: `${shas.join('\n')}\n` })
    expect(new Set(types.split('\n'))).toEqual(new Set(['commit']))
  })
})
