import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BerthError } from '../../src/domain/errors.ts'
import { git } from '../fixtures/remotes/git.ts'
import { makeModules } from './modules-harness.ts'
import { openBundle } from './worker-harness.ts'

/** Lines that a script printed. */
const lines = (text: Buffer) => text.toString().trim().split('\n')

describe('submodules', () => {
  it('lie in the work tree of the agent, and those that lie in them; its git knows them', async () => {
    await using box = await makeModules()
    const deep = box.other('deep', { 'deep.txt': 'deep\n' })
    const lib = box.other('lib', { 'lib.txt': 'lib\n' }, [{ path: 'in/deep', url: '../deep.git', sha: deep }])
    const sha = box.commit([{ path: 'libs/lib', name: 'the lib', url: '../lib.git', sha: lib }])
    const { notices, events } = await box.bring(sha)
    expect(notices).toEqual([])
    expect(events.filter(({ type }) => type === 'source.module')).toEqual([
      { type: 'source.module', turn: 1, path: 'libs/lib', url: `${box.host}/lib.git`, commit: lib },
      { type: 'source.module', turn: 1, path: 'libs/lib/in/deep', url: `${box.host}/deep.git`, commit: deep },
    ])
    const script = [
      'cat libs/lib/lib.txt libs/lib/in/deep/deep.txt',
      'git status --porcelain',
      'git submodule status --recursive',
      'git submodule update --recursive && git -C libs/lib log --format=%s',
      'git -C libs/lib branch -r',
    ].join(';')
    const result = await box.run(sha, script)
    expect(result.out('e').toString()).toBe('')
    expect(lines(result.out())).toEqual([
      'lib',
      'deep',
      expect.stringMatching(`^ ?${lib} libs/lib`),
      expect.stringMatching(`^ ${deep} libs/lib/in/deep`),
      'submodules',
      'first',
      '  origin/HEAD -> origin/main',
      '  origin/main',
    ])
    expect(result.get('work')).toMatchObject({ bundle: null, uncommitted: [], committed: false })
    expect(result.get('work')).not.toHaveProperty('problem')
    expect(result.get('work')).not.toHaveProperty('unkept')
  })

  it('keep what the agent commits in them, and the rest of its work goes out', async () => {
    await using box = await makeModules()
    const deep = box.other('deep', { 'deep.txt': 'deep\n' })
    const lib = box.other('lib', { 'lib.txt': 'lib\n' }, [{ path: 'deep', url: '../deep.git', sha: deep }])
    const sha = box.commit([{ path: 'lib', url: '../lib.git', sha: lib }])
    await box.bring(sha)
    const script =
      'cd lib && echo 1 > one && git add one && git commit -qm one; cd ..; echo 2 > two; echo 3 > lib/deep/three'
    const result = await box.run(sha, script)
    expect(result.get('work')).toMatchObject({
      committed: true,
      problem: 'submodule lib is at a commit that its remote does not have: Berth keeps it and pushes it nowhere',
    })
    const { folder, refs } = openBundle(box.berth)
    expect(git(folder, ['log', '-1', '--format=%s', refs['refs/berth/nested/lib/HEAD']!])).toBe('one')
    expect(git(folder, ['ls-tree', '--name-only', refs['refs/berth/nested/lib=2fdeep/uncommitted']!])).toContain(
      'three',
    )
    const listed = git(folder, ['ls-tree', refs['HEAD']!])
    expect(listed).toContain(`160000 commit ${refs['refs/berth/nested/lib/HEAD']}\tlib`)
    expect(listed).toContain('two')
  })

  it('need neither their mirror nor their remote for a further turn', async () => {
    await using box = await makeModules()
    const lib = box.other('lib', { 'lib.txt': 'lib\n' })
    const sha = box.commit([{ path: 'lib', url: '../lib.git', sha: lib }])
    await box.bring(sha)
    await box.run(sha, 'true')
    rmSync(box.berth.at('mirrors'), { recursive: true })
    box.server.state.requests.length = 0
    expect(await box.bring(sha)).toEqual({ notices: [], events: [] })
    expect(box.server.state.requests).toEqual([])
    const script = 'git -C lib fsck && git -C lib log --format=%s; git status --porcelain; rm -r lib; mkdir lib'
    expect(lines((await box.run(sha, script, { turn: 2 })).out())).toEqual(['first'])
    // What the agent did to it is the agent's.
    expect(lines((await box.run(sha, 'ls lib', { turn: 3 })).out())).toEqual([''])
  })

  it('leave nothing of the task in a mirror, which a next task does not fetch again', async () => {
    await using box = await makeModules()
    const lib = box.other('lib', { 'lib.txt': 'lib\n' })
    const sha = box.commit([{ path: 'lib', url: '../lib.git', sha: lib }])
    await box.bring(sha)
    const [mirror = ''] = readdirSync(box.berth.at('mirrors'))
    expect(readdirSync(box.berth.at('mirrors', mirror, 'refs/berth/base'))).toEqual([])
    box.server.state.requests.length = 0
    rmSync(box.berth.at('task/modules/list.json'))
    await box.bring(sha)
    expect(box.server.state.requests.filter((line) => line.startsWith('POST'))).toHaveLength(1)
    expect(basename(mirror)).toMatch(/-lib\.git$/)
  })

  it('follow the task to another commit, where the agent has not touched them', async () => {
    await using box = await makeModules()
    const [lib, other] = [box.other('lib', { 'lib.txt': 'old\n' }), box.other('other', { 'other.txt': 'old\n' })]
    const first = box.commit([
      { path: 'lib', url: '../lib.git', sha: lib },
      { path: 'other', url: '../other.git', sha: other },
    ])
    await box.bring(first)
    await box.run(first, 'cd other && git commit -q --allow-empty -m mine', { finish: null })
    const newer = box.further('lib', { 'lib.txt': 'new\n' })
    const second = box.commit([
      { path: 'lib', url: '../lib.git', sha: newer },
      { path: 'other', url: '../other.git', sha: box.further('other', { 'other.txt': 'new\n' }) },
    ])
    await box.bring(second)
    const inWork = (...args: readonly string[]) => git(box.berth.at('work'), ['-c', 'safe.directory=*', ...args])
    inWork('read-tree', '-m', '-u', 'HEAD', second)
    const result = await box.run(second, 'cat lib/lib.txt other/other.txt; git -C lib rev-parse HEAD', { turn: 2 })
    expect(lines(result.out())).toEqual(['new', 'old', newer])
    expect(result.get('unmet')).toMatchObject({ what: 'submodule', name: 'other' })
  })
})

describe('a repository of a stranger', () => {
  it('brings nothing that it must not: each is named, its folder stays empty, and nothing of it runs', async () => {
    await using box = await makeModules()
    const lib = box.other('lib', { 'lib.txt': 'lib\n' })
    const secret = box.berth.at('secret')
    const canary = box.berth.at('canary')
    const at = (path: string, url: string, more = {}) => ({ path, url, sha: lib, ...more })
    const sha = box.commit([
      at('good', '../lib.git', { more: `\tupdate = !touch ${canary}\n\tbranch = --upload-pack=x\n\tshallow = true\n` }),
      at('option', '-u./x'),
      at('helper', `ext::sh -c touch% ${canary}`),
      at('folder', secret),
      at('url', `file://${secret}`),
      at('above', '../../../../../etc'),
      at('elsewhere', 'http://other.example.invalid/lib.git'),
      at('itself', box.server.url),
      at('gone', '../gone.git'),
      at('named', '../lib.git', { name: '../../hooks' }),
      at('lies', '../lib.git', { name: 'good/hooks' }),
      at('other', '../lib.git', { name: 'x/.git/y' }),
    ])
    const { notices } = await box.bring(sha)
    const left = new Map(notices.map((text) => [/^submodule (\S+) is left out/.exec(text)?.[1], text]))
    expect([...left.keys()].toSorted()).toEqual([
      'above',
      'elsewhere',
      'folder',
      'gone',
      'helper',
      'itself',
      'lies',
      'named',
      'option',
      'other',
      'url',
    ])
    expect(left.get('itself')).toContain('lies in itself')
    expect(left.get('elsewhere')).toContain('--submodules all')
    expect(left.get('named')).toContain('its name has an empty, a . or a .. part')
    const result = await box.run(
      sha,
      'git submodule update 2>/dev/null; ls good; ls option folder gone named; ls .git/hooks',
    )
    expect(lines(result.out())).toEqual(['lib.txt', 'folder:', '', 'gone:', '', 'named:', '', 'option:'])
    expect(existsSync(canary)).toBe(false)
  })

  it('puts no submodule into its repository, and none behind a link', async () => {
    await using box = await makeModules()
    const lib = box.other('lib', { hook: 'lib\n' })
    // Git itself commits no such paths.
    const sections = ['.git/hooks', '.GIT/x', 'a/../b', '/abs', '-x', 'link/x'].map(
      (path, at) => `[submodule "m${at}"]\n\tpath = ${path}\n\turl = ../lib.git\n`,
    )
    const work = `${box.berth.mirror}.work`
    const blob = git(work, ['hash-object', '-w', '--stdin'], { input: sections.join('') })
    const link = git(work, ['hash-object', '-w', '--stdin'], { input: '.git' })
    const sub = git(work, ['mktree', '--missing'], { input: `160000 commit ${lib}\tx\n` })
    const tree = git(work, ['mktree', '--missing'], {
      input: `100644 blob ${blob}\t.gitmodules\n120000 blob ${link}\tlink\n040000 tree ${sub}\tsome\n`,
    })
    const sha = git(work, ['commit-tree', '-m', 'bad', tree])
    git(work, ['push', '--quiet', '--force', box.berth.mirror, `${sha}:refs/heads/main`])
    const { notices, events } = await box.bring(sha)
    expect(notices.map((text) => /^submodule (\S+) is left out/.exec(text)?.[1])).toEqual([
      '.git/hooks',
      '.GIT/x',
      'a/../b',
      '/abs',
      '-x',
    ])
    expect(events.filter(({ type }) => type === 'source.module')).toEqual([])
    const result = await box.run(sha, 'ls .git/hooks; cat link/HEAD')
    expect(lines(result.out())).toEqual([`ref: refs/heads/berth/${box.berth.task}`])
  })

  it.each<[string, string]>([
    ['is a link', '120000'],
    ['is no file of configuration', '100644'],
  ])('.gitmodules that %s names nothing', async (_, mode) => {
    await using box = await makeModules()
    const work = `${box.berth.mirror}.work`
    const blob = git(work, ['hash-object', '-w', '--stdin'], { input: '[submodule "x\n' })
    const tree = git(work, ['mktree'], { input: `${mode} blob ${blob}\t.gitmodules\n` })
    const sha = git(work, ['commit-tree', '-m', 'bad', tree])
    git(work, ['push', '--quiet', '--force', box.berth.mirror, `${sha}:refs/heads/main`])
    const { notices } = await box.bring(sha)
    expect(notices).toEqual(mode === '100644' ? [expect.stringContaining('.gitmodules is left out')] : [])
    expect(readFileSync(box.berth.at('task/modules/list.json'), 'utf8')).toContain('"modules":[]')
  })

  it('reads nothing that is not allowed, before anybody is asked', async () => {
    await using box = await makeModules({
      allow: (url) => {
        throw new BerthError('repository-not-allowed', `${url} is not listed`)
      },
    })
    const lib = box.other('lib', { 'lib.txt': 'lib\n' })
    const sha = box.commit([{ path: 'lib', url: '../lib.git', sha: lib }])
    const { notices } = await box.bring(sha)
    expect(notices).toEqual([`submodule lib is left out: ${box.host}/lib.git is not listed`])
    expect(box.server.state.requests).toEqual([])
  })

  it('reads nothing that the remote refuses this caller, though a mirror has it', async () => {
    await using box = await makeModules()
    const lib = box.other('lib', { 'lib.txt': 'lib\n' })
    const sha = box.commit([{ path: 'lib', url: '../lib.git', sha: lib }])
    await box.bring(sha)
    rmSync(box.berth.at('task/modules/list.json'))
    box.server.state.login = { user: 'ann', password: 'secret' }
    const { notices } = await box.bring(sha)
    expect(notices).toEqual([expect.stringMatching(/^submodule lib is left out: .*lib\.git/)])
    expect(lines((await box.run(sha, 'ls lib')).out())).toEqual([''])
  })
})
