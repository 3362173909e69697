import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BerthError } from '../../src/domain/errors.ts'
import { hostGit } from '../../src/git/host-git.ts'
import { git, testCallerEnv } from '../fixtures/remotes/git.ts'
import { commitFiles, makeWorkTree } from '../fixtures/remotes/make-repository.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

/** A remote with five commits, whose history has blobs that its last tree lacks, and what brings a source on this machine into a mirror. */
const setUp = () => {
  const folder = temporaryFolder()
  const { at } = folder
  const remote = makeWorkTree(at('remote'))
  for (const n of [2, 3, 4, 5]) commitFiles(remote, { [`f${n}`]: `${n}\n`, changed: `now ${n}\n` }, `c${n}`)
  git(remote, ['config', 'uploadpack.allowFilter', 'true'])
  const callerEnv = testCallerEnv(folder.path)
  const asked: string[] = []
  const berth = hostGit({ allow: (url) => void asked.push(url) })
  const bring = async (source: string, host = berth) =>
    await host.mirror({
      mirrorsDir: at('mirrors'),
      url: source,
      sha: git(source, ['rev-parse', 'HEAD']),
      pin: 'p',
      callerEnv,
      seen: { digest: 'another', head: null },
    })
  const clone = (name: string, ...options: readonly string[]) => {
    git('/', ['clone', '-q', ...options, `file://${remote}`, at(name)])
    return at(name)
  }
  return { at, remote, callerEnv, asked, berth, bring, clone, [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

const subjects = (repository: string, ref: string) => git(repository, ['log', '--format=%s', ref]).split('\n')

describe('a shallow clone as a source', () => {
  it('gives the mirror its own commits, and its remote the rest; the clone stays shallow', async () => {
    using box = setUp()
    const source = box.clone('shallow', '--depth=2')
    const sha = commitFiles(source, { mine: '1\n' }, 'mine')
    const { path, filled } = await box.bring(source)
    expect(filled).toEqual({ kind: 'shallow clone', from: `file://${box.remote}` })
    expect(subjects(path, 'main')).toEqual(['mine', 'c5', 'c4', 'c3', 'c2', 'first'])
    expect(git(path, ['rev-parse', 'berth/base/p'])).toBe(sha)
    expect(git(path, ['fsck', '--strict'])).toBe('')
    expect(existsSync(join(path, 'shallow'))).toBe(false)
    expect(subjects(source, 'main')).toEqual(['mine', 'c5', 'c4'])
  })

  it('asks its remote no second time', async () => {
    using box = setUp()
    const source = box.clone('shallow', '--depth=1')
    await box.bring(source)
    expect(box.asked).toEqual([`file://${box.remote}`])
    rmSync(box.remote, { recursive: true })
    commitFiles(source, { mine: '1\n' }, 'mine')
    const { path, filled } = await box.bring(source)
    expect(filled).toBeUndefined()
    expect(subjects(path, 'main')).toHaveLength(6)
    expect(box.asked).toHaveLength(1)
  })

  it('is whole also where the remote has rewritten its branch since', async () => {
    using box = setUp()
    const source = box.clone('shallow', '--depth=1')
    git(box.remote, ['tag', 'kept'])
    git(box.remote, ['reset', '-q', '--hard', 'HEAD~3'])
    const { path } = await box.bring(source)
    expect(subjects(path, 'main')).toEqual(['c5', 'c4', 'c3', 'c2', 'first'])
  })

  it('is refused where nobody has the rest, and says why', async () => {
    using box = setUp()
    const source = box.clone('shallow', '--depth=1')
    const refused = (why: string) =>
      expect(box.bring(source)).rejects.toMatchObject({
        code: 'bad-repository',
        message: expect.stringMatching(new RegExp(`it is a shallow clone, and a task needs the whole history: ${why}`)),
        hint: expect.stringContaining('git fetch --unshallow'),
      })
    git(source, ['config', 'remote.origin.url', `file://${box.at('gone')}`])
    await refused(`fetched the rest from file://${box.at('gone')}`)
    git(source, ['config', 'remote.origin.url', 'https://ann:secret@git.invalid/app'])
    await refused('the URL of its remote holds a password')
    git(source, ['config', 'remote.origin.url', `ext::touch ${box.at('canary')}`])
    await refused('the URL of its remote: git transport helpers')
    expect(existsSync(box.at('canary'))).toBe(false)
    git(source, ['remote', 'remove', 'origin'])
    await refused('it names no remote')
    git(source, ['remote', 'add', 'other', '../remote'])
    expect((await box.bring(source)).filled).toEqual({ kind: 'shallow clone', from: box.remote })
  })

  it('brings nothing from a repository that nobody may work on', async () => {
    using box = setUp()
    const source = box.clone('shallow', '--depth=1')
    const strict = hostGit({
      allow: (url) => {
        throw new BerthError('repository-not-allowed', `${url} is not listed`)
      },
    })
    await expect(box.bring(source, strict)).rejects.toMatchObject({
      code: 'bad-repository',
      message: expect.stringContaining(`file://${box.remote} is not listed`),
    })
  })

  it('takes a push of work on one of its commits', async () => {
    using box = setUp()
    const source = box.clone('shallow', '--depth=2')
    const base = git(source, ['rev-parse', 'HEAD'])
    const { path } = await box.bring(source)
    const sha = git(path, ['commit-tree', '-m', 'work', '-p', base, `${base}^{tree}`])
    const push = { publish: path, url: source, sha, branch: 'berth/t-1', mode: 'lease', expected: null } as const
    expect(await box.berth.push({ ...push, callerEnv: box.callerEnv })).toEqual({ ok: true, sha })
    expect(subjects(source, 'berth/t-1')).toEqual(['work', 'c5', 'c4'])
  })
})

describe('a partial clone as a source', () => {
  it.each(['blob:none', 'tree:0'])('with the filter %s is whole in the mirror', async (filter) => {
    using box = setUp()
    const source = box.clone('partial', `--filter=${filter}`)
    const base = commitFiles(source, { mine: '1\n' }, 'mine')
    const { path, filled } = await box.bring(source)
    expect(filled).toEqual({ kind: 'partial clone', from: `file://${box.remote}` })
    expect(subjects(path, 'main')).toEqual(['mine', 'c5', 'c4', 'c3', 'c2', 'first'])
    expect(git(path, ['fsck', '--strict'])).toBe('')

    const sha = git(path, ['commit-tree', '-m', 'work', '-p', base, `${base}^{tree}`])
    const push = { publish: path, url: source, sha, branch: 'berth/t-1', mode: 'lease', expected: null } as const
    expect(await box.berth.push({ ...push, callerEnv: box.callerEnv })).toEqual({ ok: true, sha })
  })

  it('asks nobody where it lacks nothing any more', async () => {
    using box = setUp()
    const source = box.clone('partial', '--filter=blob:none')
    git(source, ['fetch', '-q', '--refetch', '--no-filter'])
    rmSync(box.remote, { recursive: true })
    expect((await box.bring(source)).filled).toBeUndefined()
    expect(box.asked).toEqual([])
  })
})

describe('a linked work tree as a source', () => {
  it('gives its own HEAD, also where its repository is shallow, and takes a push', async () => {
    using box = setUp()
    const source = box.clone('shallow', '--depth=1')
    git(source, ['worktree', 'add', '-q', '-b', 'side', box.at('linked')])
    const base = commitFiles(box.at('linked'), { side: '1\n' }, 'side')
    expect(await box.berth.local(box.at('linked'))).toMatchObject({ toplevel: box.at('linked'), branch: 'side' })
    const { path, filled } = await box.bring(box.at('linked'))
    expect(filled).toMatchObject({ kind: 'shallow clone' })
    expect(subjects(path, base)).toEqual(['side', 'c5', 'c4', 'c3', 'c2', 'first'])

    const sha = git(path, ['commit-tree', '-m', 'work', '-p', base, `${base}^{tree}`])
    const push = { publish: path, url: box.at('linked'), sha, branch: 'side', mode: 'lease', expected: base } as const
    const callerEnv = box.callerEnv
    expect(await box.berth.push({ ...push, callerEnv })).toMatchObject({ ok: false, kind: 'rejected' })
    expect(await box.berth.push({ ...push, branch: 'berth/t-1', expected: null, callerEnv })).toEqual({ ok: true, sha })
    expect(readFileSync(box.at('linked/.git'), 'utf8')).toContain('gitdir: ')
  })
})
