import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { refuseSpecial } from './refuse-special.ts'

const bench = () => {
  const folder = temporaryFolder()
  const work = folder.at('work')
  mkdirSync(folder.at('mirror/objects'), { recursive: true })
  const at = (path: string) => {
    const full = folder.at('work', path)
    mkdirSync(dirname(full), { recursive: true })
    rmSync(full, { force: true })
    return full
  }
  for (const path of ['.git/HEAD', '.git/info/exclude', '.git/refs/heads/main', '.gitignore', 'src/a', 'pipe'])
    writeFileSync(at(path), '')
  const check = () => refuseSpecial({ work, repository: folder.at('work/.git'), mirror: folder.at('mirror') })
  return { folder, at, check }
}
const pipe = (path: string) => execFileSync('mkfifo', [path])

test('a plain work tree passes, also with pipes that git does not open', () => {
  const { folder, at, check } = bench()
  pipe(at('pipe'))
  pipe(at('src/socket'))
  pipe(at('.git/hooks/pre-commit'))
  check()
  folder[Symbol.dispose]()
})

test.each([
  '.git',
  '.gitignore',
  'src/.gitignore',
  'deep/er/.gitattributes',
  '.gitmodules',
  '.git/HEAD',
  '.git/index',
  '.git/packed-refs',
  '.git/info/exclude',
  '.git/refs/heads/main',
  '.git/objects/info/alternates',
  '.git/objects/pack/pack-1.idx',
  '.git/objects/ab/cdef',
  'nested/.git',
  'nested/.git/HEAD',
  'nested/.git/refs/heads/main',
])('%s as a named pipe is refused by name, and so is a link that leads to one', (path) => {
  for (const link of [false, true]) {
    const { folder, at, check } = bench()
    if (path === '.git') rmSync(folder.at('work/.git'), { recursive: true })
    const place = at(path)
    if (link) {
      pipe(folder.at('pipe'))
      symlinkSync(folder.at('pipe'), place)
    } else pipe(place)
    expect(check).toThrow(`${path} is a named pipe`)
    folder[Symbol.dispose]()
  }
})

test('objects that the repository borrows from elsewhere are looked at, too', () => {
  const { folder, at, check } = bench()
  mkdirSync(folder.at('elsewhere/pack'), { recursive: true })
  writeFileSync(at('.git/objects/info/alternates'), `${folder.at('mirror/objects')}\n${folder.at('elsewhere')}\n`)
  check()
  pipe(folder.at('elsewhere/pack/pack-1.idx'))
  expect(check).toThrow('pack-1.idx is a named pipe')
  folder[Symbol.dispose]()
})
