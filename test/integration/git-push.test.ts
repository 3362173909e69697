import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CallerEnv } from '../../src/git/git.ts'
import { hostGit } from '../../src/git/host-git.ts'
import { git } from '../fixtures/remotes/git.ts'
import { cloneWork, commitAndBundle } from '../fixtures/remotes/make-bundle.ts'
import { commitFiles } from '../fixtures/remotes/make-repository.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { killPusher, protectBranch, refusePushes } from '../fixtures/remotes/remote-hooks.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { callerEnvWithLogin, startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { startSshRemote } from '../fixtures/remotes/start-ssh-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const berth = hostGit()

/** Work that was taken and waits to be pushed. */
const taken = async (remote: Remote, folder: string) => {
  const { url, callerEnv } = remote
  const base = git(remote.bare, ['rev-parse', 'main'])
  const mirror = (await berth.mirror({ mirrorsDir: join(folder, 'mirrors'), url, sha: base, pin: 'p', callerEnv })).path
  const { bundle, head } = commitAndBundle(cloneWork(mirror, join(folder, 'work'), base))
  const publish = join(folder, 'publish.git')
  await berth.take({ bundle, publish, mirror, base, maxBytes: 1e6 })
  type Change = {
    branch?: string
    mode?: 'lease' | 'fast-forward'
    expected?: string | null
    url?: string
    callerEnv?: CallerEnv
  }
  const push = (change: Change = {}) =>
    berth.push({
      publish,
      url,
      sha: head,
      branch: 'berth/t-1',
      mode: 'lease',
      expected: null,
      callerEnv,
      ...change,
    })
  return { base, head, publish, push }
}

const moveBranch = (remote: Remote, branch: string) => {
  const work = `${remote.bare}.work`
  const sha = commitFiles(work, { 'theirs.txt': String(Math.random()) }, 'theirs')
  git(work, ['push', '-q', '--force', remote.bare, `HEAD:refs/heads/${branch}`])
  return sha
}

const remotes = {
  file: () => startFileRemote(),
  http: () => startHttpRemote({ login: { user: 'ann', password: 'tops3cret' } }),
  ssh: () => startSshRemote(),
}

describe.each(Object.entries(remotes))('push: %s', (_name, start) => {
  it('replaces its branch only where nobody else moved it, and only fast-forwards another', async () => {
    await using stack = new AsyncDisposableStack()
    using folder = temporaryFolder()
    const remote = await start()
    stack.defer(() => remote.close())
    const { base, head, push } = await taken(remote, folder.path)

    const theirs = moveBranch(remote, 'berth/t-1')
    expect(await push()).toMatchObject({ ok: false, kind: 'rejected', reason: expect.stringContaining('stale info') })
    expect(await push({ expected: base })).toMatchObject({ ok: false, kind: 'rejected' })
    expect(git(remote.bare, ['rev-parse', 'berth/t-1'])).toBe(theirs)
    expect(await push({ expected: theirs })).toEqual({ ok: true, sha: head })
    // as the merge of its pull request may do
    git(remote.bare, ['branch', '-D', 'berth/t-1'])
    expect(await push({ expected: theirs })).toEqual({ ok: true, sha: head })
    expect(git(remote.bare, ['rev-parse', 'berth/t-1'])).toBe(head)

    expect(await push({ branch: 'main', mode: 'fast-forward' })).toEqual({ ok: true, sha: head })
    const moved = moveBranch(remote, 'main')
    const late = await push({ branch: 'main', mode: 'fast-forward' })
    const reason = expect.stringContaining('fetch first')
    expect(late).toMatchObject({ ok: false, kind: 'raced', theirs: moved, reason })
    expect(git(remote.bare, ['rev-parse', 'main'])).toBe(moved)
  })

  it('passes on what the server says when it refuses', async () => {
    await using stack = new AsyncDisposableStack()
    using folder = temporaryFolder()
    const remote = await start()
    stack.defer(() => remote.close())
    const { head, push } = await taken(remote, folder.path)

    protectBranch(remote.bare, 'main')
    const refused = await push({ branch: 'main', mode: 'fast-forward' })
    expect(refused).toMatchObject({ ok: false, kind: 'rejected' })
    expect(refused).toMatchObject({ reason: expect.stringContaining('protected branch: main takes no direct pushes') })
    expect(await push({ branch: 'other' })).toEqual({ ok: true, sha: head })

    const hook = refusePushes(remote.bare, 'the build is frozen')
    expect(await push()).toMatchObject({
      kind: 'rejected',
      reason: expect.stringMatching(/pre-receive hook declined[\s\S]*the build is frozen/),
    })
    hook.remove()
    expect(await push()).toEqual({ ok: true, sha: head })
  })
})

describe('push', () => {
  it('tells denied from unreachable', async () => {
    await using stack = new AsyncDisposableStack()
    using folder = temporaryFolder()
    const remote = await startHttpRemote({ login: { user: 'ann', password: 'tops3cret' }, anonymousRead: true })
    stack.defer(() => remote.close())
    const ssh = await startSshRemote({ bare: remote.bare })
    stack.defer(() => ssh.close())
    const { push } = await taken(remote, folder.path)
    const wrong = callerEnvWithLogin(folder.path, 'ann', 'wr0ngword')

    const denied = await push({ callerEnv: wrong })
    expect(denied).toMatchObject({ kind: 'denied', reason: expect.stringContaining('Authentication failed') })
    expect(JSON.stringify(denied)).not.toMatch(/tops3cret|wr0ngword/)
    expect(await push({ callerEnv: {} })).toMatchObject({ kind: 'denied', reason: expect.stringContaining('Username') })
    remote.state.readOnly = true
    expect(await push()).toMatchObject({ kind: 'denied', reason: expect.stringContaining('403') })
    expect(await push({ url: ssh.url, callerEnv: ssh.stranger })).toMatchObject({ kind: 'denied' })
    expect(await push({ url: ssh.url, callerEnv: ssh.newcomer })).toMatchObject({ kind: 'unreachable' })
    expect(await push({ url: folder.at('gone.git') })).toMatchObject({ kind: 'unreachable' })
    expect(await push({ url: 'http://127.0.0.1:1/x.git' })).toMatchObject({ kind: 'unreachable' })
    remote.state.login = { user: 'ann', password: 'changed' }
    remote.state.readOnly = false
    expect(await push()).toMatchObject({ kind: 'denied' })
  })

  it('finds its commit there when git was killed, or the answer got lost', async () => {
    await using stack = new AsyncDisposableStack()
    using folder = temporaryFolder()
    const remote = await startHttpRemote({ losePushAnswers: true })
    stack.defer(() => remote.close())
    const { head, push } = await taken(remote, folder.path)
    expect(await push()).toEqual({ ok: true, sha: head })
    expect(git(remote.bare, ['rev-parse', 'berth/t-1'])).toBe(head)
    killPusher(remote.bare)
    expect(await push({ url: remote.bare, branch: 'berth/t-2' })).toEqual({ ok: true, sha: head })
    remote.state.losePushAnswers = false
    refusePushes(remote.bare, 'no')
    expect(await push({ branch: 'berth/t-3' })).toMatchObject({ ok: false })
  })

  it('runs no hook of ours or of the caller, signs nothing, follows no tags', async () => {
    await using stack = new AsyncDisposableStack()
    using folder = temporaryFolder()
    const remote = await startHttpRemote()
    stack.defer(() => remote.close())
    const { publish, head, push } = await taken(remote, folder.path)
    for (const hooks of [join(publish, 'hooks'), folder.at('hooks')]) {
      mkdirSync(hooks)
      for (const name of ['pre-push', 'reference-transaction']) {
        writeFileSync(join(hooks, name), `#!/bin/sh\ntouch ${folder.at('canary')}\nexit 1\n`)
        chmodSync(join(hooks, name), 0o755)
      }
    }
    const config = `[core]\n\thooksPath = ${folder.at('hooks')}\n[push]\n\tgpgSign = true\n\tfollowTags = true\n`
    writeFileSync(folder.at('.gitconfig'), config)
    const callerEnv = {
      ...remote.callerEnv,
      HOME: folder.path,
      GIT_DIR: '/nonexistent',
      GIT_TRACE: folder.at('canary'),
    }
    expect(await push({ callerEnv })).toEqual({ ok: true, sha: head })
    expect(existsSync(folder.at('canary'))).toBe(false)
  })

  it('leaves the checked-out branch of a local folder alone', async () => {
    await using stack = new AsyncDisposableStack()
    using folder = temporaryFolder()
    const remote = await startFileRemote()
    stack.defer(() => remote.close())
    const { push, head } = await taken(remote, folder.path)
    const url = `${remote.bare}.work`
    expect(await push({ url, branch: 'main', mode: 'fast-forward' })).toMatchObject({
      kind: 'rejected',
      reason: expect.stringContaining('checked out'),
    })
    expect(await push({ url })).toEqual({ ok: true, sha: head })
  })

  it('ends at once when it is told to', async () => {
    await using stack = new AsyncDisposableStack()
    using folder = temporaryFolder()
    const remote = await startHttpRemote()
    stack.defer(() => remote.close())
    const { push } = await taken(remote, folder.path)
    remote.state.delay = 60_000
    const signal = AbortSignal.timeout(200)
    await expect(push({ signal } as object)).rejects.toThrow('timeout')
  })
})

it('goes on from a part of the work that the agent itself pushed to its branch', async () => {
  await using stack = new AsyncDisposableStack()
  using folder = temporaryFolder()
  const remote = await startFileRemote()
  stack.defer(() => remote.close())
  const { base, head, push } = await taken(remote, folder.path)
  git(remote.bare, ['branch', 'berth/t-1', base])
  expect(await push()).toEqual({ ok: true, sha: head })
  expect(git(remote.bare, ['rev-parse', 'berth/t-1'])).toBe(head)
})
