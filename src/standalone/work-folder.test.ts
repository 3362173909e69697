import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { git } from '../../test/fixtures/remotes/git.ts'
import { commitFiles, makeBare } from '../../test/fixtures/remotes/make-repository.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { gitRunner } from '../inside/git-runner.ts'
import { gitEnvironment } from './git-environment.ts'
import { makeFolder } from './place-repository.ts'
import { readInputs } from './read-inputs.ts'
import { fillWorkFolder } from './work-folder.ts'

let folder: ReturnType<typeof temporaryFolder>
let bare: string
let said: string[]
beforeEach(() => {
  folder = temporaryFolder()
  said = []
  bare = makeBare(folder.at('remote/app.git'), { 'a.txt': 'one\n' })
  mkdirSync(folder.at('work'))
})
afterEach(() => folder[Symbol.dispose]())

const work = () => folder.at('work')
const repo = (...parts: readonly string[]) => folder.at('work/repo', ...parts)

/** A commit on a branch of the remote, and its sha. */
const push = (branch: string, files: Readonly<Record<string, string>>): string => {
  const tree = `${bare}.work`
  git(tree, ['checkout', '--quiet', '-B', branch])
  const sha = commitFiles(tree, files, branch)
  git(tree, ['push', '--quiet', '--force', bare, branch])
  return sha
}

const fill = (variables: Readonly<Record<string, string>> = {}, mounted: string | null = null) => {
  const env = { PROMPT: 'x', ...(mounted === null ? { REPO_URL: `file://${bare}` } : {}), ...variables }
  const inputs = readInputs(env, {
    providers: ['codex'],
    defaultProvider: 'codex',
    hasTerminal: false,
    mounted,
    run: 'r',
  })
  const caller = { PATH: process.env['PATH'] ?? '', HOME: folder.at('home') }
  const at = makeFolder(work(), inputs.folder)
  const run = gitRunner({ program: 'git', cwd: at, env: gitEnvironment(caller, work(), null, null) })
  return fillWorkFolder({ inputs, folder: at, git: run, say: (text) => said.push(text) })
}

test("a fresh clone stands on the remote's own branch, and a branch, a tag and a commit by their names", async () => {
  const side = push('side/one', { 'b.txt': 'two\n' })
  git(bare, ['tag', 'v1', side])
  const main = git(bare, ['rev-parse', 'main'])
  expect(await fill()).toEqual({ ref: 'main', sha: main })
  expect(git(repo(), ['symbolic-ref', '--short', 'HEAD'])).toBe('main')
  for (const ref of ['side/one', 'v1', side, side.slice(0, 9)]) {
    expect(await fill({ REPO_REF: ref, REPO_DIR: `of-${ref}` })).toEqual({ ref, sha: side })
    expect(readFileSync(folder.at('work', `of-${ref}`, 'b.txt'), 'utf8')).toBe('two\n')
  }
})

test('a commit that no branch has any more is fetched by its name', async () => {
  const lost = push('gone', { 'c.txt': 'three\n' })
  git(bare, ['update-ref', 'refs/pull/1/head', lost])
  git(bare, ['branch', '-D', 'gone'])
  expect(await fill({ REPO_REF: 'refs/pull/1/head' })).toEqual({ ref: 'refs/pull/1/head', sha: lost })
})

test('a ref that does not exist is a checkout that failed', async () => {
  await expect(fill({ REPO_REF: 'nowhere' })).rejects.toMatchObject({
    step: 'checkout',
    message: 'there is no branch, tag or commit nowhere',
  })
})

test('a clone is updated, and a branch goes forward', async () => {
  await fill()
  const next = push('main', { 'a.txt': 'two\n' })
  expect(await fill()).toEqual({ ref: 'main', sha: next })
  expect(readFileSync(repo('a.txt'), 'utf8')).toBe('two\n')
})

test('a dirty clone is kept and said', async () => {
  const { sha } = await fill()
  writeFileSync(repo('a.txt'), 'mine\n')
  writeFileSync(repo('new.txt'), 'mine too\n')
  push('main', { 'a.txt': 'theirs\n' })
  expect(await fill({ REPO_REF: 'main' })).toEqual({ ref: 'main', sha })
  expect(readFileSync(repo('a.txt'), 'utf8')).toBe('mine\n')
  expect(said.slice(-2)).toEqual([
    `kept ${repo()} as it is: 2 of its files are not committed, so nothing was checked out`,
    expect.stringMatching(/^the agent works at [0-9a-f]{7}, and not at main, which is [0-9a-f]{7}$/),
  ])
  await expect(fill({ REPO_REF: 'nowhere' })).rejects.toMatchObject({ step: 'checkout' })
})

test('commits of an earlier run stay: on their branch, and on one of their own where HEAD was on none', async () => {
  await fill()
  const own = commitFiles(repo(), { 'own.txt': 'mine\n' }, 'mine')
  push('main', { 'a.txt': 'theirs\n' })
  expect(await fill()).toEqual({ ref: 'main', sha: own })
  expect(said.at(-2)).toMatch(/^kept the commits of .* on main: the remote's branch is at [0-9a-f]{7}, and has others$/)
  git(repo(), ['checkout', '--quiet', '--detach'])
  const detached = commitFiles(repo(), { 'more.txt': 'x\n' }, 'more')
  await fill()
  expect(git(repo(), ['rev-parse', `berth/kept-${detached.slice(0, 7)}`])).toBe(detached)
})

test('a clone that was ended before its checkout is gone on with', async () => {
  git(work(), ['clone', '--quiet', '--no-checkout', `file://${bare}`, 'repo'])
  writeFileSync(repo('a.txt'), 'half')
  await fill()
  expect(readFileSync(repo('a.txt'), 'utf8')).toBe('one\n')
})

test('a folder with files and a clone of something else are left alone', async () => {
  mkdirSync(repo(), { recursive: true })
  writeFileSync(repo('notes'), 'mine')
  await expect(fill()).rejects.toMatchObject({
    step: 'clone',
    message: expect.stringContaining('is not empty and no clone'),
  })
  rmSync(repo(), { recursive: true })
  git(work(), ['clone', '--quiet', `file://${bare}.work`, 'repo'])
  await expect(fill()).rejects.toMatchObject({ step: 'clone', message: expect.stringContaining('is a clone of') })
})

test('a remote that is not there is told in the words of git', async () => {
  await expect(fill({ REPO_URL: `file://${folder.at('none')}` })).rejects.toMatchObject({
    step: 'clone',
    message: expect.stringMatching(/^cloned file:.*does not/),
  })
  expect(existsSync(repo('.git'))).toBe(false)
})

test('a link on the way does not lead out of the work folder', async () => {
  mkdirSync(folder.at('elsewhere'))
  symlinkSync(folder.at('elsewhere'), join(work(), 'link'))
  for (const name of ['link', 'link/deep'])
    expect(() => makeFolder(work(), name)).toThrow(`REPO_DIR=${name} leads out of ${work()}`)
  expect(existsSync(folder.at('elsewhere/deep'))).toBe(false)
})

test('a source tree fills an empty folder alone', async () => {
  const tree = `${bare}.work`
  const head = git(tree, ['rev-parse', 'HEAD'])
  writeFileSync(join(tree, 'loose.txt'), 'loose')
  symlinkSync('a.txt', join(tree, 'link'))
  expect(await fill({}, tree)).toEqual({ ref: 'main', sha: head })
  expect(readFileSync(repo('loose.txt'), 'utf8')).toBe('loose')
  writeFileSync(join(tree, 'later.txt'), 'later')
  await fill({ REPO_REF: 'nowhere' }, tree)
  expect(existsSync(repo('later.txt'))).toBe(false)
  expect(said.at(-1)).toBe(`kept ${repo()} as it is: it is not empty, so nothing was copied from ${tree}`)
})

test('a ref of a source tree is checked out in the copy', async () => {
  const tree = `${bare}.work`
  const first = git(tree, ['rev-parse', 'HEAD'])
  commitFiles(tree, { 'a.txt': 'two\n' }, 'second')
  expect(await fill({ REPO_REF: first.slice(0, 8) }, tree)).toEqual({ ref: first.slice(0, 8), sha: first })
  await expect(fill({ REPO_REF: 'nowhere', REPO_DIR: 'other' }, tree)).rejects.toMatchObject({ step: 'checkout' })
  mkdirSync(folder.at('plain'))
  writeFileSync(folder.at('plain/x'), 'x')
  await expect(fill({ REPO_REF: 'main', REPO_DIR: 'third' }, folder.at('plain'))).rejects.toMatchObject({
    step: 'checkout',
  })
})
