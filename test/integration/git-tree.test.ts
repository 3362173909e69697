import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hostGit } from '../../src/git/host-git.ts'
import { git } from '../fixtures/remotes/git.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const ODD = Buffer.from('caf\xe9.txt', 'latin1')

/** A bare repository of all that a checkout can trip over, as a mirror is one. */
const setUp = (format: 'sha1' | 'sha256' = 'sha1') => {
  const folder = temporaryFolder('berth-tree-')
  const work = folder.at('work')
  git('/', ['init', '--quiet', `--object-format=${format}`, work])
  const put = (name: string | Buffer, text: string) =>
    writeFileSync(typeof name === 'string' ? join(work, name) : Buffer.concat([Buffer.from(`${work}/`), name]), text)
  // Committed as it is: by the attributes it would be another.
  put('mixed.txt', 'one\r\ntwo\r\n')
  git(work, ['add', '.'])
  git(work, ['commit', '--quiet', '-m', 'first'])
  put('.gitattributes', '*.txt text\n*.secret filter=steal\n')
  put('a.secret', 'as it is\n')
  put('run.sh', '#!/bin/sh\n')
  chmodSync(join(work, 'run.sh'), 0o755)
  symlinkSync('/etc/passwd', join(work, 'link'))
  put(ODD, 'latin\n')
  git(work, ['add', '.gitattributes', 'a.secret', 'run.sh', 'link'])
  git(work, ['-c', 'core.quotePath=false', 'add', '--all', ':!mixed.txt'])
  git(work, ['commit', '--quiet', '-m', 'second'])
  const commit = (name: string) => {
    put(name, name)
    git(work, ['add', name])
    git(work, ['commit', '--quiet', '-m', name])
    git(work, ['push', '--quiet', mirror, 'HEAD:main'])
    return git(work, ['rev-parse', 'HEAD'])
  }
  const mirror = folder.at('state/mirrors/1-a.git')
  git('/', ['clone', '--quiet', '--bare', work, mirror])
  const sha = git(work, ['rev-parse', 'HEAD'])
  const berth = hostGit()
  const folderOf = (of: string) => folder.at('state/trees/1-a', `${of}-1000-1000`)
  const bring = async (of: string, pin: string, owner: { uid: number; gid: number } | null = null) => {
    await berth.tree({ mirror, sha: of, folder: folderOf(of), pin, owner })
    return folderOf(of)
  }
  /** What git says is changed there: by the index alone, since a newer one needs no look into files. */
  const status = (of: string) => {
    const [repository, index] = [folder.at('look'), folder.at('index')]
    git('/', ['clone', '--quiet', '--bare', mirror, repository])
    git(repository, ['update-ref', 'HEAD', of])
    copyFileSync(join(folderOf(of), 'index'), index)
    const later = new Date(Date.now() + 5000)
    utimesSync(index, later, later)
    const place = ['--git-dir', repository, '--work-tree', join(folderOf(of), 'tree'), '-c', 'core.bare=false']
    return git('/', [...place, 'diff-files', '--name-only'], { env: { GIT_INDEX_FILE: index } })
  }
  return { folder, berth, mirror, sha, commit, bring, status, [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

const modes = (tree: string) =>
  ['.', 'run.sh', 'a.secret', '.gitattributes'].map((name) => (lstatSync(join(tree, name)).mode & 0o777).toString(8))

describe('a shared tree', () => {
  it.each(['sha1', 'sha256'] as const)(
    'has the files of a commit of %s and an index that knows them',
    async (format) => {
      using s = setUp(format)
      const before = process.umask(0o077)
      const made = await s.bring(s.sha, 't-1').finally(() => process.umask(before))
      const tree = join(made, 'tree')
      expect(modes(tree)).toEqual(['755', '755', '644', '644'])
      expect(lstatSync(join(tree, 'link')).isSymbolicLink()).toBe(true)
      expect(readFileSync(join(tree, 'mixed.txt'), 'latin1')).toBe('one\r\ntwo\r\n')
      expect(readdirSync(tree, 'buffer').some((name) => name.equals(ODD))).toBe(true)
      expect(s.status(s.sha)).toBe('')
      expect(readdirSync(made).sort()).toEqual(['index', 'pins', 'tree'])
      expect(lstatSync(join(made, 'index')).mode & 0o777).toBe(0o644)
    },
  )

  it('is given away with all that is in it, and its index knows that', async (context) => {
    if (process.getuid?.() !== 0) context.skip('only root gives files away')
    using s = setUp()
    const passwd = lstatSync('/etc/passwd').uid
    const tree = join(await s.bring(s.sha, 't-1', { uid: 1000, gid: 1000 }), 'tree')
    const owners = execFileSync('find', [tree, '-printf', '%U:%G\n']).toString().trim().split('\n')
    expect([...new Set(owners)]).toEqual(['1000:1000'])
    expect(lstatSync('/etc/passwd').uid).toBe(passwd)
    expect(s.status(s.sha)).toBe('')
  })

  it('is made once for all that ask at the same time, and found by who asks later', async () => {
    using s = setUp()
    const [made = ''] = await Promise.all(['a', 'b', 'c'].map((pin) => s.bring(s.sha, pin)))
    const { ino } = lstatSync(join(made, 'tree'))
    await s.bring(s.sha, 'd')
    expect(lstatSync(join(made, 'tree')).ino).toBe(ino)
    expect(readdirSync(join(made, 'pins')).sort()).toEqual(['a', 'b', 'c', 'd'])
    expect(readdirSync(s.folder.at('state')).sort()).toEqual(['mirrors', 'trees'])
  })

  it('stays while a task leans on it, and the newest besides', async () => {
    using s = setUp()
    const first = await s.bring(s.sha, 'a')
    const second = await s.bring(s.commit('second'), 'b')
    expect([first, second].map((path) => existsSync(path))).toEqual([true, true])
    const third = await s.bring(s.commit('third'), 'c')
    await s.berth.unpinTree(third, 'c')
    expect([first, second, third].map((path) => existsSync(path))).toEqual([true, true, true])
    await s.berth.unpinTree(first, 'a')
    await s.berth.unpinTree(first, 'a')
    expect([first, second, third].map((path) => existsSync(path))).toEqual([false, true, true])
    await expect(s.berth.dropTree(second, () => true)).rejects.toMatchObject({ code: 'not-allowed' })
    await s.berth.dropTree(second, () => false)
    await s.berth.dropTree(third, () => true)
    await expect.poll(() => readdirSync(s.folder.at('state'))).toEqual(['mirrors', 'trees'])
    expect(readdirSync(s.folder.at('state/trees'))).toEqual([])
  })

  it('is all there or not at all', async () => {
    using s = setUp()
    await expect(s.bring('0'.repeat(40), 'a')).rejects.toMatchObject({ code: 'bad-repository' })
    const aborted = AbortSignal.abort(new Error('stopped'))
    const asked = { mirror: s.mirror, sha: s.sha, folder: s.folder.at('state/trees/1-a/x'), pin: 'a', owner: null }
    await expect(s.berth.tree({ ...asked, signal: aborted })).rejects.toThrow('stopped')
    expect(readdirSync(s.folder.at('state'))).toEqual(['mirrors'])
  })
})
