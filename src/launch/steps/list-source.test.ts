import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listSource } from './list-source.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'list-source-'))
  mkdirSync(join(root, 'source'))
  mkdirSync(join(root, 'scratch'))
})
afterEach(() => rmSync(root, { recursive: true }))

const at = (...parts: string[]) => join(root, 'source', ...parts)
const put = (path: string, text = 'x') => {
  mkdirSync(join(at(path), '..'), { recursive: true })
  writeFileSync(at(path), text)
}
const git = (folder: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'protocol.file.allow=always', ...args], {
    cwd: at(folder),
    stdio: 'pipe',
  })
const list = async (folder = '') =>
  [
    ...(await listSource({ folder: at(folder), scratch: join(root, 'scratch'), signal: new AbortController().signal })),
  ].sort()

test('a folder without a repository: what no .gitignore names', async () => {
  put('.gitignore', '*.log\n')
  put('a.log')
  put('b/c')
  mkdirSync(at('empty'))
  expect(await list()).toEqual(['.gitignore', 'b/c'])
})

test('a repository: tracked files count though they are ignored, deleted ones do not', async () => {
  put('.gitignore', '*.log\nbuild/\n')
  put('kept.log')
  put('gone')
  put('build/tracked')
  git('', 'init', '-q')
  git('', 'add', '-f', '.')
  put('other.log')
  put('build/other')
  put('new')
  rmSync(at('gone'))
  expect(await list()).toEqual(['.gitignore', 'build/tracked', 'kept.log', 'new'])
  expect(await list('build')).toEqual(['tracked'])
})

test('a folder that the repository around it ignores as a whole has its files', async () => {
  put('.gitignore', 'out/\n')
  git('', 'init', '-q')
  put('out/a')
  expect(await list('out')).toEqual(['a'])
})

test('submodules and repositories inside, with their own rules; one that is not there is a folder', async () => {
  put('lib/.gitignore', '*.o\n')
  put('lib/lib.c')
  put('lib/lib.o')
  git('lib', 'init', '-q')
  git('lib', 'add', '.')
  git('lib', 'commit', '-qm', 'lib')
  put('main.c')
  git('', 'init', '-q')
  git('', 'submodule', '--quiet', 'add', at('lib'), 'vendor/sub')
  git('', 'submodule', '--quiet', 'add', at('lib'), 'vendor/absent')
  rmSync(at('vendor/absent'), { recursive: true })
  mkdirSync(at('vendor/absent'))
  put('vendor/absent/by-hand')
  put('lib/inner/x')
  git('lib/inner', 'init', '-q')
  expect(await list()).toEqual([
    ...['.gitmodules', 'lib/.gitignore', 'lib/inner/x', 'lib/lib.c', 'main.c'],
    ...['vendor/absent/by-hand', 'vendor/sub/.gitignore', 'vendor/sub/lib.c'],
  ])
})

test('names are bytes', async () => {
  const names = ['a\xff', 'a\xfe', '-dash', 'new\nline', 'é', '\xff-repository/x', 'link']
  mkdirSync(Buffer.concat([Buffer.from(`${at()}/`), Buffer.from('\xff-repository', 'latin1')]))
  symlinkSync('nowhere', at('link'))
  const bytes = (name: string) => (name === 'é' ? Buffer.from(name) : Buffer.from(name, 'latin1'))
  for (const name of names.slice(0, -1)) writeFileSync(Buffer.concat([Buffer.from(`${at()}/`), bytes(name)]), 'x')
  symlinkSync(Buffer.from('\xff-repository', 'latin1'), at('way'))
  execFileSync('git', ['init', '-q'], { cwd: at('way') })
  rmSync(at('way'))
  const found = await list()
  expect(found).toEqual(names.map((name) => bytes(name).toString('latin1')).sort())
})

test('nothing that the repository has configured runs', async () => {
  put('a')
  git('', 'init', '-q')
  git('', 'config', 'core.fsmonitor', `touch ${join(root, 'ran')}`)
  git('', '-c', 'core.fsmonitor=false', 'add', '.')
  expect(await list()).toEqual(['a'])
  expect(existsSync(join(root, 'ran'))).toBe(false)
})
