import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Signer } from '../../src/git/git.ts'
import { hostGit } from '../../src/git/host-git.ts'
import { git, gitBytes } from '../fixtures/remotes/git.ts'
import { bundleWork, cloneWork, type Work } from '../fixtures/remotes/make-bundle.ts'
import { commitFiles } from '../fixtures/remotes/make-repository.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { gpgKey, sshKey } from '../fixtures/remotes/signing-keys.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const TEST = { name: 'Test', email: 'test@example.invalid' }
const LIN = { name: 'Lin 林', email: 'lin@example.org' }

let folder: ReturnType<typeof temporaryFolder>
let remote: Remote
let work: Work
let mirror = ''
let berth = hostGit()

const publish = () => folder.at('publish.git')
const runtime = () => folder.at('runtime')

beforeEach(async () => {
  folder = temporaryFolder()
  mkdirSync(runtime(), { mode: 0o700 })
  berth = hostGit({ runtimeDir: runtime() })
  remote = await startFileRemote()
  const sha = git(remote.bare, ['rev-parse', 'main'])
  const { url, callerEnv } = remote
  mirror = (await berth.mirror({ mirrorsDir: folder.at('mirrors'), url, sha, pin: 'p', callerEnv })).path
  work = cloneWork(mirror, folder.at('work'), sha)
})
afterEach(async () => {
  expect(readdirSync(runtime())).toEqual([])
  await remote.close()
  folder[Symbol.dispose]()
})

const taken = async (): Promise<string> => {
  const head = git(work.folder, ['rev-parse', 'HEAD'])
  const bundle = bundleWork(work, ['HEAD'])
  await berth.take({ bundle, publish: publish(), mirror, base: work.base, maxBytes: 10e6 })
  return head
}

const amend = (
  head: string,
  signer: Signer | null,
  more: { known?: readonly string[]; coAuthors?: readonly (typeof LIN)[] } = {},
) =>
  berth.amend({
    publish: publish(),
    mirror,
    base: work.base,
    head,
    known: [],
    ownBranch: 'berth/t-1',
    coAuthors: [],
    committer: TEST,
    ...more,
    signer,
  })

const ssh = () => sshKey(folder.path)
const sshSigner = (key = ssh()): Signer => ({ kind: 'ssh', key: readFileSync(key.path, 'utf8'), callerEnv: {} })

/** What a commit is, but for its parents, its signature and its name. */
const shape = (sha: string) => git(publish(), ['log', '-1', '--format=%T%n%an%n%ae%n%aI%n%cn%n%ce%n%cI%n%B', sha])

const verify = (sha: string, config: readonly string[]) => git(publish(), [...config, 'verify-commit', sha])

describe('commits that are signed', () => {
  it('with an ssh key verify, and keep all that they were', async () => {
    commitFiles(work.folder, { 'a.txt': '1\n' }, 'one')
    commitFiles(work.folder, { 'b.txt': '2\n' }, 'two\n\nbody')
    const head = await taken()
    const key = ssh()
    const done = await amend(head, sshSigner(key))
    expect(done.head).not.toBe(head)
    const signed = git(publish(), ['rev-list', `${work.base}..${done.head}`]).split('\n')
    expect(done.commits).toEqual([
      { sha: signed[0], subject: 'two' },
      { sha: signed[1], subject: 'one' },
    ])
    const before = git(publish(), ['rev-list', `${work.base}..${head}`]).split('\n')
    expect(signed.map(shape)).toEqual(before.map(shape))
    const allowed = folder.at('allowed')
    writeFileSync(allowed, `test@example.invalid ${key.public}\n`)
    for (const sha of signed) verify(sha, ['-c', `gpg.ssh.allowedSignersFile=${allowed}`])
    writeFileSync(allowed, `test@example.invalid ${sshKey(folder.path).public}\n`)
    expect(() => verify(done.head, ['-c', `gpg.ssh.allowedSignersFile=${allowed}`])).toThrow()
    expect(git(publish(), ['fsck', '--strict', '--no-dangling'])).toBe('')
    await berth.pointHead({ publish: publish(), head: done.head, wip: null })
    expect(git(publish(), ['for-each-ref', '--format=%(objectname) %(refname)'])).toBe(
      `${done.head} refs/berth/take/head`,
    )
  })

  it('with a gpg key of the caller verify', async () => {
    using key = gpgKey()
    commitFiles(work.folder, { 'a.txt': '1\n' }, 'one')
    const head = await taken()
    const done = await amend(head, { kind: 'gpg', key: key.id, callerEnv: key.env })
    expect(git(publish(), ['verify-commit', '--raw', done.head], { env: key.env })).toBe('')
    expect(shape(done.head)).toBe(shape(head))
    // A signature holds the time: without what became of the commits, the second would be another commit.
    expect((await amend(head, { kind: 'gpg', key: key.id, callerEnv: key.env })).head).toBe(done.head)
  })

  it('verify in a repository with SHA-256, on no base', async () => {
    const [own, none] = [folder.at('own.git'), folder.at('none.git')]
    for (const bare of [own, none]) git('/', ['init', '-q', '--object-format=sha256', '--bare', bare])
    const tree = git(own, ['hash-object', '-t', 'tree', '-w', '--stdin'], { input: '' })
    const head = git(own, ['commit-tree', tree, '-m', 'x'])
    const key = ssh()
    const more = {
      base: '',
      head,
      known: [],
      ownBranch: 'main',
      coAuthors: [],
      committer: TEST,
      signer: sshSigner(key),
    }
    const done = await berth.amend({ publish: own, mirror: none, ...more })
    expect(done.head).toMatch(/^[0-9a-f]{64}$/)
    writeFileSync(folder.at('allowed'), `${TEST.email} ${key.public}\n`)
    git(own, ['-c', `gpg.ssh.allowedSignersFile=${folder.at('allowed')}`, 'verify-commit', done.head])
  })

  it('keep merges, and the parents that were made before them', async () => {
    const one = commitFiles(work.folder, { 'a.txt': '1\n' }, 'one')
    git(work.folder, ['checkout', '-q', '-b', 'side', work.base])
    commitFiles(work.folder, { 'b.txt': '2\n' }, 'two')
    git(work.folder, ['checkout', '-q', 'berth/t-1'])
    git(work.folder, ['merge', '-q', '--no-ff', '-m', 'both', 'side'])
    const head = await taken()
    const done = await amend(head, sshSigner())
    const graph = (sha: string) =>
      git(publish(), ['log', '--graph', '--topo-order', '--format=%s %T', `${work.base}..${sha}`])
    expect(graph(done.head)).toBe(graph(head))
    expect(git(publish(), ['rev-parse', `${done.head}^1~0`])).not.toBe(one)
    for (const sha of git(publish(), ['rev-list', `${work.base}..${done.head}`]).split('\n'))
      expect(git(publish(), ['cat-file', 'commit', sha])).toContain('gpgsig -----BEGIN SSH SIGNATURE-----')
  })

  it('are those that nobody has yet: what the remote has stays as it is', async () => {
    const theirs = commitFiles(work.folder, { 'a.txt': '1\n' }, 'theirs')
    git(work.folder, ['push', '-q', remote.bare, 'HEAD:refs/heads/other'])
    await berth.mirror({
      mirrorsDir: folder.at('mirrors'),
      url: remote.url,
      sha: theirs,
      pin: 'q',
      callerEnv: remote.callerEnv,
    })
    const known = commitFiles(work.folder, { 'b.txt': '1\n' }, 'pushed before')
    commitFiles(work.folder, { 'c.txt': '1\n' }, 'ours')
    const done = await amend(await taken(), sshSigner(), { known: [known] })
    expect(git(publish(), ['rev-parse', `${done.head}~1`])).toBe(known)
    expect(git(publish(), ['rev-parse', `${done.head}~2`])).toBe(theirs)
  })

  it('of a further turn build on those of the turn before, whatever workspace it began in', async () => {
    commitFiles(work.folder, { 'a.txt': '1\n' }, 'one')
    const first = await amend(await taken(), sshSigner())
    // The workspace did not follow.
    commitFiles(work.folder, { 'b.txt': '2\n' }, 'two')
    const second = await amend(await taken(), sshSigner())
    expect(git(publish(), ['rev-parse', `${second.head}~1`])).toBe(first.head)
    // It did.
    git(work.folder, ['fetch', '-q', publish(), second.head])
    git(work.folder, ['reset', '-q', '--hard', second.head])
    commitFiles(work.folder, { 'c.txt': '3\n' }, 'three')
    const third = await amend(await taken(), sshSigner(), { known: [second.head] })
    expect(git(publish(), ['rev-parse', `${third.head}~1`])).toBe(second.head)
    expect((await amend(third.head, sshSigner(), { known: [] })).head).toBe(third.head)
  })

  it('keep their bytes, and lose a signature that no longer holds', async () => {
    const tree = git(work.folder, ['rev-parse', 'HEAD^{tree}'])
    const raw = Buffer.concat([
      Buffer.from(
        `tree ${tree}\nparent ${work.base}\nauthor Gr\xfcn <g@x> 1 +0545\ncommitter C <c@d> 2 -0330\n`,
        'latin1',
      ),
      Buffer.from(
        'gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\nencoding ISO-8859-1\n\ngr\xfcn\x01\xff',
        'latin1',
      ),
    ])
    const sha = git(work.folder, ['hash-object', '-t', 'commit', '-w', '--stdin'], { input: raw })
    git(work.folder, ['reset', '-q', '--hard', sha])
    const done = await amend(await taken(), sshSigner(), { coAuthors: [{ name: 'Bo', email: 'bo@x.org' }] })
    const text = gitBytes(publish(), ['cat-file', 'commit', done.head]).toString('latin1')
    expect(text).toContain(
      'author Gr\xfcn <g@x> 1 +0545\ncommitter Test <test@example.invalid> 2 -0330\nencoding ISO-8859-1\ngpgsig -----BEGIN SSH',
    )
    expect(text.endsWith('\n\ngr\xfcn\x01\xff\n\nCo-authored-by: Bo <bo@x.org>\n')).toBe(true)
    expect(text).not.toContain('PGP')
  })

  it('have the publisher as their committer, and the parents that git sees, whatever the agent wrote', async () => {
    const tree = git(work.folder, ['rev-parse', 'HEAD^{tree}'])
    const raw = [
      ...[`tree ${tree}`, `parent ${work.base}`, 'author Linus <l@x> 1 +0000', 'committer Linus <l@x> 2 +0000'],
      ...[`parent ${'d'.repeat(40)}`, `tree ${'e'.repeat(40)}`, 'committer Eve <e@x> 3 +0000', '', 'forged', ''],
    ]
    const sha = git(work.folder, ['hash-object', '-t', 'commit', '-w', '--stdin'], { input: raw.join('\n') })
    git(work.folder, ['reset', '-q', '--hard', sha])
    const done = await amend(await taken(), sshSigner())
    expect(git(publish(), ['log', '-1', '--format=%P %T|%an|%cn %ct', done.head])).toBe(
      `${work.base} ${tree}|Linus|Test 2`,
    )
    expect(git(publish(), ['cat-file', 'commit', done.head])).not.toMatch(/Eve|ddd|eee/)
  })

  it('obey no configuration and run no hook or program of anybody', async () => {
    commitFiles(work.folder, { 'a.txt': '1\n' }, 'one')
    const head = await taken()
    const home = folder.at('home')
    const evil = folder.at('evil')
    mkdirSync(home)
    writeFileSync(evil, `#!/bin/sh\ntouch ${folder.at('ran')}\nexit 1\n`)
    chmodSync(evil, 0o755)
    writeFileSync(
      `${home}/.gitconfig`,
      `[gpg "ssh"]\nprogram = ${evil}\n[core]\nhooksPath = ${home}\n[user]\nname = Eve\n`,
    )
    const callerEnv = { HOME: home, GIT_COMMITTER_NAME: 'Eve', SSH_ASKPASS: evil, SSH_AUTH_SOCK: folder.at('agent') }
    const done = await amend(head, { ...sshSigner(), callerEnv: { ...callerEnv, PATH: process.env['PATH'] ?? '' } })
    expect(shape(done.head)).toBe(shape(head))
    expect(readdirSync(folder.path)).not.toContain('ran')
  })
})

describe('co-authors', () => {
  it('are named without a signature, and only commits that change are made again', async () => {
    commitFiles(work.folder, { 'a.txt': '1\n' }, 'one')
    const named = commitFiles(work.folder, { 'b.txt': '1\n' }, `two\n\nCo-authored-by: L <${LIN.email}>`)
    const head = await taken()
    expect((await amend(head, null)).head).toBe(head)
    const done = await amend(head, null, { coAuthors: [LIN] })
    expect(
      git(publish(), ['log', '--format=%(trailers:key=Co-authored-by,valueonly)', `${work.base}..${done.head}`]),
    ).toBe(`L <${LIN.email}>\n\nLin 林 <${LIN.email}>`)
    expect(done.head).not.toBe(named)
    expect((await amend(done.head, null, { coAuthors: [LIN] })).head).toBe(done.head)
  })
})

describe('a signer that cannot sign is refused', () => {
  const refusal = (signer: Signer) =>
    berth.trySigner(signer).then(
      () => 'signed',
      (error: { code: string; message: string; hint: string }) => `${error.code}: ${error.message} | ${error.hint}`,
    )
  const sshWith = (key: string, callerEnv: Record<string, string> = {}) => refusal({ kind: 'ssh', key, callerEnv })

  it('an ssh key', async () => {
    const good = ssh()
    expect(await sshWith(readFileSync(good.path, 'utf8').trim())).toBe('signed')
    expect(await sshWith(good.public)).toContain('cannot-sign: the ssh key is a public key')
    expect(await sshWith('secret')).toMatch(/^cannot-sign: the ssh key is not a private key of OpenSSH/)
    expect(await sshWith('secret')).not.toContain('secret')
    const broken = '-----BEGIN OPENSSH PRIVATE KEY-----\nabcd\n-----END OPENSSH PRIVATE KEY-----'
    expect(await sshWith(broken)).toMatch(/^cannot-sign: ssh-keygen could not sign with the key: /)
    const locked = readFileSync(sshKey(folder.path, { passphrase: 'sesame' }).path, 'utf8')
    expect(await sshWith(locked)).toMatch(/^cannot-sign: the ssh key is encrypted with a passphrase \| .*ssh:command:/)
    const pem = readFileSync(sshKey(folder.path, { pem: true }).path, 'utf8')
    expect(await sshWith(pem)).toContain('older form of PEM, which cannot sign from memory | Convert a copy')
    expect(await sshWith(readFileSync(good.path, 'utf8'), { PATH: folder.path })).toContain(
      'apt-get install openssh-client',
    )
  })

  it('a gpg key', async () => {
    using key = gpgKey()
    const gpg = (id: string, env: Record<string, string> = key.env) => refusal({ kind: 'gpg', key: id, callerEnv: env })
    expect(await gpg(key.id)).toBe('signed')
    expect(await gpg('0000000000000000')).toMatch(
      /^cannot-sign: gpg could not sign with the key 0+: .*No secret key.* \| See what/,
    )
    expect(await gpg(key.id, { ...key.env, PATH: folder.path })).toContain('apt-get install gnupg')
    using locked = gpgKey({ passphrase: 'sesame' })
    expect(await gpg(locked.id, locked.env)).toMatch(/^cannot-sign: gpg could not sign .* \| Unlock the key/)
  })
})

it('a killed signature leaves no key behind', async () => {
  commitFiles(work.folder, { 'a.txt': '1\n' }, 'one')
  const head = await taken()
  const program = folder.at('ssh-keygen')
  // It waits with the key in its hands; the folder of the key is empty already.
  writeFileSync(
    program,
    `#!/bin/sh\nls -A ${runtime()} > ${folder.at('seen')}\ncat /dev/fd/3 > /dev/null && kill -9 $$\n`,
  )
  chmodSync(program, 0o755)
  const signer = { ...sshSigner(), callerEnv: { PATH: `${folder.path}:/usr/bin:/bin` } }
  await expect(amend(head, signer)).rejects.toMatchObject({ code: 'cannot-sign' })
  expect(readFileSync(folder.at('seen'), 'utf8')).toBe('')
  expect(execFileSync('git', ['--git-dir', publish(), 'rev-parse', 'refs/berth/take/head']).toString().trim()).toBe(
    head,
  )
})
