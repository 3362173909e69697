import { appendFileSync, chmodSync, existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hostGit } from '../../src/git/host-git.ts'
import { git, gitBytes, testCallerEnv } from '../fixtures/remotes/git.ts'
import { commitFiles, makeBare, makeWorkTree } from '../fixtures/remotes/make-repository.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const berth = hostGit()

/** A repository in which every setting that names a command names one that leaves a trace. */
const makeHostile = (folder: string, canary: string) => {
  makeWorkTree(folder, {
    '.gitattributes': '* filter=evil diff=evil\n*.p filter=pro\n',
    'a.txt': 'one\n',
    'b.p': 'two\n',
  })
  git(folder, ['-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', folder, 'sub'])
  commitFiles(folder, {}, 'submodule')
  const touch = `touch ${canary}`
  const hooks = join(folder, '.git/hooks')
  rmSync(hooks, { recursive: true, force: true })
  mkdirSync(hooks)
  for (const name of ['post-index-change', 'reference-transaction', 'pre-push', 'update', 'fsmonitor-watchman']) {
    writeFileSync(join(hooks, name), `#!/bin/sh\n${touch}\n`)
    chmodSync(join(hooks, name), 0o755)
  }
  const evil = `
[core]
  fsmonitor = "${touch}; false"
  sshCommand = "${touch}; false"
  pager = "${touch}; cat"
  gitProxy = "${touch}"
  askPass = ${join(hooks, 'update')}
  alternateRefsCommand = "${touch}"
  editor = "${touch}"
[filter "evil"]
  clean = "${touch}; cat"
  smudge = "${touch}; cat"
  required = true
[filter "pro"]
  process = "${touch}; false"
  required = true
[diff]
  external = "${touch}"
[diff "evil"]
  textconv = "${touch}; cat"
  command = "${touch}"
[gpg]
  program = ${join(hooks, 'update')}
[log]
  showSignature = true
[credential]
  helper = "!${touch}"
[uploadpack]
  packObjectsHook = ${join(hooks, 'update')}
[extensions]
  partialClone = origin
[remote "origin"]
  url = "ext::sh -c '${touch}'"
  promisor = true
  uploadpack = "${touch};"
[protocol]
  allow = always
`
  appendFileSync(join(folder, '.git/config'), evil)
  appendFileSync(join(folder, '.git/modules/sub/config'), evil)
  // a filter that only the submodule knows
  const inner = join(folder, '.git/modules/sub')
  appendFileSync(join(inner, 'config'), `[filter "inner"]\n\tclean = "${touch}; cat"\n`)
  mkdirSync(join(inner, 'info'), { recursive: true })
  writeFileSync(join(inner, 'info/attributes'), '* filter=inner\n')
  for (const file of ['a.txt', 'b.p', 'sub/a.txt', 'sub/b.p']) {
    writeFileSync(join(folder, file), file.includes('b') ? 'TWO\n' : 'ONE\n')
    utimesSync(join(folder, file), 1, 1)
  }
}

describe('local', () => {
  it('reads toplevel, HEAD, branch and every uncommitted file', async () => {
    using folder = temporaryFolder()
    const work = makeWorkTree(folder.at('w'), { 'a b.txt': 'a', gone: 'x', '.gitignore': 'ignored\n', 'sub/c': 'c' })
    const head = git(work, ['rev-parse', 'HEAD'])
    writeFileSync(join(work, 'a b.txt'), 'changed')
    writeFileSync(join(work, 'ignored'), 'x')
    writeFileSync(join(work, 'sub/new\nline'), 'x')
    rmSync(join(work, 'gone'))
    const found = await berth.local(join(work, 'sub'))
    expect({ ...found, uncommitted: [...found!.uncommitted].sort() }).toEqual({
      toplevel: work,
      head,
      branch: 'main',
      uncommitted: ['a b.txt', 'gone', 'sub/new\nline'],
    })
    git(work, ['checkout', '-q', '--detach'])
    expect(await berth.local(work)).toMatchObject({ branch: null, head })
  })

  it('tells no repository, an empty one, a bare one, and the inside of .git', async () => {
    using folder = temporaryFolder()
    expect(await berth.local(folder.path)).toBeUndefined()
    expect(await berth.local(folder.at('none'))).toBeUndefined()
    mkdirSync(folder.at('empty'))
    git(folder.at('empty'), ['init', '-q'])
    const empty = { toplevel: folder.at('empty'), head: null, branch: 'main', uncommitted: [] }
    expect(await berth.local(folder.at('empty'))).toEqual(empty)
    const bare = makeBare(folder.at('b.git'))
    const head = git(bare, ['rev-parse', 'main'])
    expect(await berth.local(bare)).toEqual({ toplevel: bare, head, branch: 'main', uncommitted: [] })
    git(bare, ['tag', 'main', 'main'])
    expect(await berth.local(bare)).toMatchObject({ head, branch: 'main' })
    git(bare, ['update-ref', '--no-deref', 'HEAD', head])
    expect(await berth.local(bare)).toMatchObject({ head, branch: null })
    git(bare, ['symbolic-ref', 'HEAD', 'refs/heads/unborn'])
    expect(await berth.local(bare)).toMatchObject({ head: null, branch: 'unborn' })
    expect(await berth.local(folder.at('empty/.git'))).toBeUndefined()
    writeFileSync(folder.at('empty/.git/config'), '[core\n')
    await expect(berth.local(folder.at('empty'))).rejects.toMatchObject({ code: 'bad-repository' })
  })

  it('runs nothing that a hostile repository names', async () => {
    using folder = temporaryFolder()
    const canary = folder.at('canary')
    const hostile = folder.at('hostile')
    makeHostile(hostile, canary)
    const callerEnv = testCallerEnv(folder.path)

    const found = await berth.local(hostile)
    expect(found?.uncommitted).toEqual(expect.arrayContaining(['a.txt', 'b.p']))
    await berth.identity(hostile, callerEnv)
    const { sha } = await berth.resolve(hostile, null, callerEnv)
    const { path: mirror } = await berth.mirror({
      mirrorsDir: folder.at('m'),
      url: hostile,
      sha,
      pin: 'p',
      callerEnv,
    })
    const parts: Buffer[] = []
    for await (const part of berth.diff({ publish: mirror, from: '', to: sha, stat: false })) parts.push(part)
    expect(Buffer.concat(parts).toString()).toContain('+one')
    expect(existsSync(canary)).toBe(false)

    // the same question by plain git, so that this test is known to be able to fail
    try {
      gitBytes(hostile, ['status', '--porcelain'])
    } catch {}
    expect(existsSync(canary)).toBe(true)
  })

  it('refuses a filter whose name no setting can switch off', async () => {
    using folder = temporaryFolder()
    const work = makeWorkTree(folder.at('w'), { '.gitattributes': '* filter=a=b\n', x: 'one\n' })
    appendFileSync(join(work, '.git/config'), `[filter "a=b"]\n\tclean = "touch ${folder.at('canary')}; cat"\n`)
    writeFileSync(join(work, 'x'), 'two\n')
    await expect(berth.local(work)).rejects.toMatchObject({ code: 'bad-repository' })
    expect(existsSync(folder.at('canary'))).toBe(false)
  })
})

describe('identity', () => {
  it('is what the caller’s git says in that folder, with conditional includes', async () => {
    using folder = temporaryFolder()
    const work = makeWorkTree(folder.at('job/w'))
    writeFileSync(folder.at('job.config'), '[user]\n\temail = ann@job.invalid\n')
    writeFileSync(
      folder.at('.gitconfig'),
      `[user]\n\tname = Ann\n\temail = ann@home.invalid\n[includeIf "gitdir:${folder.at('job')}/"]\n\tpath = ${folder.at('job.config')}\n`,
    )
    const callerEnv = testCallerEnv(folder.path)
    expect(await berth.identity(work, callerEnv)).toEqual({ name: 'Ann', email: 'ann@job.invalid' })
    expect(await berth.identity(null, callerEnv)).toEqual({ name: 'Ann', email: 'ann@home.invalid' })
    git(work, ['config', 'user.name', 'Work Ann'])
    expect(await berth.identity(work, callerEnv)).toEqual({ name: 'Work Ann', email: 'ann@job.invalid' })
    expect(await hostGit({ stateDir: folder.at('job') }).identity(work, callerEnv)).toMatchObject({ name: 'Ann' })
    expect(await berth.identity(null, { ...callerEnv, GIT_AUTHOR_NAME: 'Env' })).toMatchObject({ name: 'Env' })
    expect(await berth.identity(null, testCallerEnv(folder.at('nobody')))).toBeUndefined()
  })
})

describe('git itself', () => {
  it('is named when it is missing', async () => {
    const missing = hostGit({ git: 'no-such-git' })
    await expect(missing.resolve('https://host.invalid/x', null, {})).rejects.toMatchObject({ code: 'git-missing' })
  })
})
