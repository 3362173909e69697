import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { companyStream } from '../../src/egress/company-stream.ts'
import { hostGit } from '../../src/git/host-git.ts'
import { git } from '../fixtures/remotes/git.ts'
import { type LfsState, lfsState, pointerOf, sha256 } from '../fixtures/remotes/lfs-server.ts'
import { commitFiles } from '../fixtures/remotes/make-repository.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { type HttpRemote, type HttpState, startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { startSshRemote } from '../fixtures/remotes/start-ssh-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const ATTRIBUTES = { '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n' }
const LARGE = 'the content of a large file\n'
const OID = sha256(LARGE)
const objectIn = (repository: string, oid = OID) =>
  join(repository, 'lfs/objects', oid.slice(0, 2), oid.slice(2, 4), oid)

const push = (remote: Remote, files: Readonly<Record<string, string>>): string => {
  const work = `${remote.bare}.work`
  const sha = commitFiles(work, files, 'files')
  git(work, ['push', '-q', remote.bare, 'HEAD:main'])
  return sha
}

/** A remote with these files, and its mirror. */
const setUp = async (
  options: Partial<HttpState> = {},
  files: Readonly<Record<string, string>> = { ...ATTRIBUTES, 'a.bin': pointerOf(LARGE) },
  started?: Remote,
) => {
  const stack = new AsyncDisposableStack()
  const folder = stack.use(temporaryFolder())
  const remote = started ?? (await startHttpRemote(options))
  stack.defer(() => remote.close())
  const berth = hostGit({ connect: companyStream() })
  const sha = push(remote, files)
  const { url, callerEnv } = remote
  const { path: mirror } = await berth.mirror({ mirrorsDir: folder.at('mirrors'), url, sha, pin: 'p', callerEnv })
  const bring = (more: { signal?: AbortSignal } = {}) => berth.bringLfs({ mirror, url, sha, callerEnv, ...more })
  return { stack, folder, remote, berth, mirror, sha, bring, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const LOGIN = { user: 'ann', password: 'pass word' }

describe('objects of Git LFS for a mirror', () => {
  it('come by the API, once, to be read by every user', async () => {
    const lfs = lfsState(LARGE)
    await using s = await setUp({ lfs }, { ...ATTRIBUTES, 'a.bin': pointerOf(LARGE), 'sub/b.bin': pointerOf(LARGE) })
    expect(await Promise.all([s.bring(), s.bring()])).toEqual([
      { objects: 1, left: [] },
      { objects: 1, left: [] },
    ])
    expect(readFileSync(objectIn(s.mirror), 'utf8')).toBe(LARGE)
    expect(statSync(objectIn(s.mirror)).mode & 0o777).toBe(0o644)
    expect(statSync(dirname(objectIn(s.mirror))).mode & 0o777).toBe(0o755)
    expect(lfs.requests).toEqual([`POST /objects/batch - -`, `GET /store/${OID} - secret`])
    expect(existsSync(join(s.mirror, 'lfs/incomplete', OID))).toBe(false)
  })

  it("come with the caller's credentials, which the API alone gets", async () => {
    const lfs = lfsState(LARGE)
    await using s = await setUp({ lfs, login: LOGIN })
    expect(await s.bring()).toEqual({ objects: 1, left: [] })
    const basic = `Basic ${Buffer.from('ann:pass word').toString('base64')}`
    expect(lfs.requests).toEqual([`POST /objects/batch ${basic} -`, `GET /store/${OID} - secret`])
  })

  it('are looked for by no commit without rules for them, and by one whose rules lie in a folder', async () => {
    const lfs = lfsState(LARGE)
    await using none = await setUp({ lfs }, { 'a.bin': pointerOf(LARGE) })
    expect(await none.bring()).toEqual({ objects: 0, left: [] })
    expect(lfs.requests).toEqual([])
    await using some = await setUp(
      { lfs },
      { 'sub/.gitattributes': '*.bin filter=lfs\n', 'sub/a.bin': pointerOf(LARGE) },
    )
    expect(await some.bring()).toEqual({ objects: 1, left: [] })
  })

  it('come from the folder that is the remote, by their digest', async () => {
    await using s = await setUp({}, undefined, await startFileRemote())
    expect((await s.bring()).left).toEqual([
      { path: 'a.bin', why: `${s.remote.url} does not have their contents (git lfs fetch brings them there)` },
    ])
    const theirs = objectIn(s.remote.bare)
    mkdirSync(dirname(theirs), { recursive: true })
    writeFileSync(theirs, LARGE.toUpperCase())
    expect((await s.bring()).left[0]?.why).toBe('what came has another digest than its pointer')
    writeFileSync(theirs, LARGE)
    expect((await s.bring()).left).toEqual([])
    expect(readFileSync(objectIn(s.mirror), 'utf8')).toBe(LARGE)
  })

  it('are none for a link with the text of a pointer', async () => {
    const lfs = lfsState(LARGE)
    await using s = await setUp({ lfs })
    const work = `${s.remote.bare}.work`
    git(work, ['rm', '-q', '-f', 'a.bin'])
    symlinkSync(pointerOf(LARGE).trim().replaceAll('\n', '/'), join(work, 'a.bin'))
    git(work, ['add', 'a.bin'])
    const blob = git(work, ['hash-object', '-w', '--stdin'], { input: pointerOf(LARGE) })
    git(work, ['update-index', '--add', '--cacheinfo', `120000,${blob},b.bin`])
    git(work, ['commit', '-q', '-m', 'links'])
    git(work, ['push', '-q', s.remote.bare, 'HEAD:main'])
    const sha = git(work, ['rev-parse', 'HEAD'])
    const { url, callerEnv } = s.remote
    await s.berth.mirror({ mirrorsDir: dirname(s.mirror), url, sha, pin: 'q', callerEnv })
    expect(await s.berth.bringLfs({ mirror: s.mirror, url, sha, callerEnv })).toEqual({ objects: 0, left: [] })
  })
})

type Case = readonly [name: string, change: (lfs: LfsState, server: HttpState) => void, why: string | RegExp]
const leadsTo =
  (href: string): Case[1] =>
  (lfs) => {
    lfs.answer = ({ oid }) => ({ oid, actions: { download: { href } } })
  }
const redirectsTo =
  (location: string): Case[1] =>
  (lfs) => {
    lfs.instead = ({ method }, response) => {
      if (method !== 'GET') return false
      response.writeHead(302, { location }).end()
      return true
    }
  }
const sends =
  (content: string | Buffer): Case[1] =>
  (lfs) => {
    lfs.objects.set(OID, Buffer.from(content))
  }

/** What a server says or does, and why the file stays a pointer. */
const HOSTILE: readonly Case[] = [
  [
    'has no LFS API',
    (_, server) => {
      server.lfs = null
    },
    /shows no LFS API for the repository \(404\)$/,
  ],
  [
    'wants other credentials',
    (_, server) => {
      server.login = LOGIN
    },
    /wants other credentials for Git LFS than there are \(401\)$/,
  ],
  ['sends another content of the same size', sends(LARGE.toUpperCase()), /another digest than its pointer$/],
  ['sends more', sends(Buffer.alloc(1024 * 1024)), `more came than the ${LARGE.length} bytes that its pointer says`],
  ['sends less', sends('x'), `1 bytes came, and its pointer says ${LARGE.length}`],
  [
    'does not have it',
    (lfs) => {
      lfs.objects.clear()
    },
    /says: no such object \(404\)$/,
  ],
  [
    'is no API',
    (lfs) => {
      lfs.instead = (_, response) => {
        response.end('<html>')
        return true
      }
    },
    /did not answer as an LFS API does$/,
  ],
  [
    'sends Berth to the keys of a cloud',
    leadsTo('http://169.254.169.254/keys'),
    /sent Berth to 169\.254\.169\.254, which has the metadata address/,
  ],
  ['sends Berth to a file', leadsTo('file:///etc/passwd'), /which is no https address$/],
  ['sends Berth to an address with a password', leadsTo('http://a:b@127.0.0.1/'), /to an address with a password$/],
  ['redirects without an end', redirectsTo('/x/info/lfs/store/1'), /redirects without an end$/],
  ['redirects to an address of the link alone', redirectsTo('http://[fe80::1]/'), /the link-local address fe80::1$/],
]

describe('a server of Git LFS', () => {
  let s: Awaited<ReturnType<typeof setUp>>
  beforeAll(async () => {
    s = await setUp()
  })
  afterAll(() => s[Symbol.asyncDispose]())

  it.each(HOSTILE)('that %s leaves a pointer, and says why', async (_, change, why) => {
    const { state } = s.remote as HttpRemote
    const lfs = lfsState(LARGE)
    Object.assign(state, { lfs, login: null })
    change(lfs, state)
    const { left } = await s.bring()
    expect(left.map(({ path }) => path)).toEqual(['a.bin'])
    expect(left[0]?.why).toMatch(why)
    expect(existsSync(objectIn(s.mirror))).toBe(false)
    expect(existsSync(join(s.mirror, 'lfs/incomplete', OID))).toBe(false)
  })
})

describe('of what a server says,', () => {
  it('no header is taken that a connection is made of, and a redirect to another origin takes none along', async () => {
    const lfs = lfsState(LARGE)
    const away = lfsState(LARGE)
    await using other = await setUp({ lfs: away })
    const seen: unknown[] = []
    away.instead = (request, response) => {
      seen.push(request.headers)
      response.end(LARGE)
      return true
    }
    lfs.answer = ({ oid, actions }) => ({
      oid,
      actions: {
        download: {
          href: actions?.['download']?.href ?? '',
          header: {
            Authorization: 'theirs',
            Host: 'evil',
            'Transfer-Encoding': 'chunked',
            Cookie: 'a=b',
            'X-Store': 'secret',
          },
        },
      },
    })
    lfs.instead = ({ method, headers }, response) => {
      if (method !== 'GET') return false
      seen.push(headers)
      response.writeHead(302, { location: `${other.remote.url}/info/lfs/store/1` }).end()
      return true
    }
    await using s = await setUp({ lfs, login: LOGIN })
    expect((await s.bring()).left).toEqual([])
    const host = new URL(s.remote.url).host
    expect(seen).toEqual([
      { authorization: 'theirs', 'x-store': 'secret', host, connection: 'keep-alive' },
      { host: new URL(other.remote.url).host, connection: 'keep-alive' },
    ])
  })

  it('nothing is asked of a server that the repository names', async () => {
    const lfs = lfsState(LARGE)
    const evil = lfsState(LARGE)
    await using other = await setUp({ lfs: evil })
    const url = `${other.remote.url}/info/lfs`
    await using s = await setUp(
      { lfs },
      {
        ...ATTRIBUTES,
        '.lfsconfig': `[lfs]\n\turl = ${url}\n\tpushurl = ${url}\n[remote "origin"]\n\tlfsurl = ${url}\n`,
        'a.bin': pointerOf(LARGE),
      },
    )
    expect((await s.bring()).left).toEqual([])
    expect([lfs.requests.length, evil.requests]).toEqual([2, []])
  })

  it('no more comes than the limit of a task', async () => {
    const lfs = lfsState(LARGE)
    const huge = pointerOf(LARGE)
      .replace(/size \d+/, `size ${5 * 1024 ** 3}`)
      .replace(OID, 'a'.repeat(64))
    await using s = await setUp({ lfs }, { ...ATTRIBUTES, '0.bin': huge, 'a.bin': pointerOf(LARGE) })
    expect((await s.bring()).left).toEqual([
      { path: '0.bin', why: 'the files of Git LFS have more than 4 GiB together' },
    ])
    expect(existsSync(objectIn(s.mirror))).toBe(true)
  })
})

const FRESH = 'a new large file\n'

/** A publish repository with two commits on the base: the first has a large file that the second replaces. */
const published = (s: Awaited<ReturnType<typeof setUp>>, older: string, newer: string) => {
  const work = s.folder.at('work')
  git('/', ['clone', '--quiet', s.mirror, work])
  const at = (content: string) => commitFiles(work, { 'new.bin': pointerOf(content) }, 'new')
  at(older)
  const sha = at(newer)
  const publish = s.folder.at('publish.git')
  git('/', ['clone', '--quiet', '--bare', work, publish])
  const { url, callerEnv } = s.remote
  const lfs = { mirror: s.mirror, base: s.sha }
  const given = new Map([older, newer].map((content) => [sha256(content), content]))
  const takeLfs = (heads = [sha]) =>
    s.berth.takeLfs({
      ...{ publish, mirror: s.mirror, base: s.sha, heads },
      take: async ({ oid }, to) => {
        const content = given.get(oid)
        if (content === undefined) return null
        writeFileSync(to, content)
        return content.length
      },
    })
  const pushIt = () => s.berth.push({ publish, url, sha, branch: 'new', mode: 'lease', expected: null, callerEnv, lfs })
  const branch = () => git(s.remote.bare, ['branch', '--list', 'new'])
  return { publish, sha, given, takeLfs, pushIt, branch }
}

describe('new objects of Git LFS', () => {
  it('are uploaded before the push, each that a commit names, and then the mirror has them', async () => {
    const lfs = lfsState(LARGE)
    await using s = await setUp({ lfs, login: LOGIN })
    await s.bring()
    const { publish, sha, takeLfs, pushIt, branch } = published(s, 'older\n', FRESH)
    await takeLfs()
    lfs.requests.splice(0)
    const into = s.folder.at('copied')
    mkdirSync(into)
    await s.berth.copyLfs({ publish, base: s.sha, heads: [sha], into })
    expect(readFileSync(join(into, `lfs-${sha256(FRESH)}`), 'utf8')).toBe(FRESH)
    expect(await pushIt()).toEqual({ ok: true, sha })
    expect(lfs.objects.get(sha256('older\n'))?.toString()).toBe('older\n')
    expect(lfs.objects.get(sha256(FRESH))?.toString()).toBe(FRESH)
    const basic = `Basic ${Buffer.from('ann:pass word').toString('base64')}`
    expect(lfs.requests.toSorted()).toEqual(
      [
        `POST /objects/batch ${basic} -`,
        `PUT /store/${sha256('older\n')} - secret`,
        `PUT /store/${sha256(FRESH)} - secret`,
        ...['POST /verify - secret', 'POST /verify - secret'],
      ].toSorted(),
    )
    expect(branch()).not.toBe('')
    expect(readFileSync(objectIn(s.mirror, sha256(FRESH)), 'utf8')).toBe(FRESH)
    lfs.requests.splice(0)
    expect(await pushIt()).toEqual({ ok: true, sha })
    expect(lfs.requests).toEqual([])
  })

  it('that are nowhere keep the commits from being pushed, with their names', async () => {
    const lfs = lfsState(LARGE)
    await using s = await setUp({ lfs })
    const { given, takeLfs, pushIt, branch } = published(s, FRESH, 'newer\n')
    given.set(sha256('newer\n'), 'NEWER\n')
    await takeLfs()
    expect(await pushIt()).toEqual({
      ok: false,
      kind: 'rejected',
      reason: 'Git LFS: the contents of these files are neither there nor in the task: new.bin',
    })
    expect([branch(), lfs.objects.size]).toEqual(['', 1])
    // Somebody else has brought it meanwhile.
    lfs.objects.set(sha256('newer\n'), Buffer.from('newer\n'))
    expect(await pushIt()).toMatchObject({ ok: true })
  })

  it.each<[string, (lfs: LfsState, server: HttpState) => void, object]>([
    [
      'an API',
      (_, server) => {
        server.lfs = null
      },
      { kind: 'denied', reason: expect.stringMatching(/^Git LFS: .* shows no LFS API for the repository \(404\)$/) },
    ],
    [
      'room',
      (lfs) => {
        lfs.answer = ({ oid }) => ({ oid, error: { code: 507, message: 'the quota is used up' } })
      },
      { kind: 'rejected', reason: expect.stringMatching(/says: the quota is used up \(507\): new\.bin$/) },
    ],
    [
      'good will',
      (lfs) => {
        lfs.instead = ({ method }, response) => {
          if (method === 'PUT') response.writeHead(500).end()
          return method === 'PUT'
        }
      },
      { kind: 'rejected', reason: 'Git LFS: the server took no upload (500): new.bin' },
    ],
    [
      'the object it was given',
      (lfs) => {
        lfs.objects.set = () => lfs.objects
      },
      { kind: 'rejected', reason: 'Git LFS: the server did not confirm an upload (404)' },
    ],
  ])('that meet a server without %s keep the commits from being pushed', async (_, change, result) => {
    const lfs = lfsState(LARGE)
    await using s = await setUp({ lfs })
    await s.bring()
    const { takeLfs, pushIt, branch } = published(s, FRESH, FRESH)
    await takeLfs()
    change(lfs, (s.remote as HttpRemote).state)
    expect(await pushIt()).toEqual({ ok: false, ...result })
    expect(branch()).toBe('')
  })

  it('go to the folder that is the remote', async () => {
    await using s = await setUp({}, undefined, await startFileRemote())
    const { sha, takeLfs, pushIt } = published(s, FRESH, FRESH)
    await takeLfs()
    expect(await pushIt()).toEqual({ ok: true, sha })
    expect(readFileSync(objectIn(s.remote.bare, sha256(FRESH)), 'utf8')).toBe(FRESH)
  })
})

describe('an LFS API that an ssh server names', () => {
  it('is asked with the headers of the server, and with no others', async () => {
    const lfs = lfsState(LARGE)
    await using api = await setUp({ lfs })
    const remote = await startSshRemote()
    await using s = await setUp({}, undefined, remote)
    // The program of the server, in place of the one that a real one has in its PATH.
    const log = s.folder.at('asked')
    const say = (answer: string) => {
      const program = `#!/bin/sh\nfor word; do last=$word; done\ncase $last in git-lfs-authenticate*) ;; *) exec ssh "$@" ;; esac\nprintf '%s|' "$@" >${log}\necho '${answer}'\n`
      writeFileSync(s.folder.at('ssh'), program, { mode: 0o755 })
    }
    const callerEnv = { ...remote.callerEnv, GIT_SSH_COMMAND: s.folder.at('ssh') }
    const bring = () => s.berth.bringLfs({ mirror: s.mirror, url: remote.url, sha: s.sha, callerEnv })
    say('{"href": "http://192.0.2.1/info/lfs", "header": {"Authorization": "theirs"}}')
    expect((await bring()).left[0]?.why).toBe('127.0.0.1 named an LFS API that is no https address')
    say('Welcome!')
    expect((await bring()).left[0]?.why).toBe('127.0.0.1 did not say where its LFS API is')
    say(`{"href": "${api.remote.url}/info/lfs/", "header": {"Authorization": "theirs"}, "expires_in": 1}`)
    expect(await bring()).toEqual({ objects: 1, left: [] })
    expect(lfs.requests).toEqual(['POST /objects/batch theirs -', `GET /store/${OID} - secret`])
    expect(readFileSync(log, 'utf8')).toBe(
      `-p|${remote.port}|${userInfo().username}@127.0.0.1|git-lfs-authenticate ${remote.bare} download|`,
    )
  })

  it('is none where the server has no such program', async () => {
    const remote = await startSshRemote()
    await using s = await setUp({}, undefined, remote)
    const { left } = await s.bring()
    expect(left[0]?.why).toMatch(/^127\.0\.0\.1 names no LFS API by ssh: .*git-lfs-authenticate/)
  })
})
