import { execFileSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { loginArchive } from './login-archive.ts'

const place = temporaryFolder('berth-archive-')
afterAll(() => place[Symbol.dispose]())

test.each(['{}', 'x'.repeat(512), 'x'.repeat(5000)])('tar reads the file, its folders, owner and modes', (text) => {
  const tar = place.at('login.tar')
  writeFileSync(tar, loginArchive('.local/share/mine/auth.json', text, { uid: 1234, gid: 4321 }))
  const listed = execFileSync('tar', ['--numeric-owner', '-tvf', tar], { encoding: 'utf8' })
  const rows = listed
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/))
  expect(rows.map(([mode, owner, size, , , name]) => [mode, owner, size, name])).toEqual([
    ['drwx------', '1234/4321', '0', '.local/'],
    ['drwx------', '1234/4321', '0', '.local/share/'],
    ['drwx------', '1234/4321', '0', '.local/share/mine/'],
    ['-rw-------', '1234/4321', String(text.length), '.local/share/mine/auth.json'],
  ])
  execFileSync('tar', ['--no-same-owner', '-C', place.path, '-xf', tar])
  expect(readFileSync(place.at('.local/share/mine/auth.json'), 'utf8')).toBe(text)
  expect(statSync(place.at('.local/share/mine/auth.json')).mode & 0o777).toBe(0o600)
})

test('a name that no header holds is refused', () => {
  expect(() => loginArchive('x'.repeat(101), '', { uid: 1, gid: 1 })).toThrow('too long')
})
