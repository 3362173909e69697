import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { readHomeFile } from '../std/read-home-file.ts'

test('a small file is read, at any depth; what is not there is undefined', () => {
  using home = temporaryFolder()
  mkdirSync(home.at('.cli/deep'), { recursive: true })
  writeFileSync(home.at('.cli/deep/a.json'), '{"a":1}')
  expect(readHomeFile(home.path, '.cli/deep/a.json')?.toString()).toBe('{"a":1}')
  for (const path of ['b.json', '.cli/b.json', '.cli/none/a.json', '.none/deep/a.json'])
    expect(readHomeFile(home.path, path)).toBeUndefined()
  expect(readHomeFile(home.at('nowhere'), 'a.json')).toBeUndefined()
})

test('no link is followed, wherever it stands, and nothing but a small regular file is read', () => {
  using home = temporaryFolder()
  mkdirSync(home.at('real'))
  writeFileSync(home.at('real/a.json'), '{}')
  symlinkSync('real', home.at('linked'))
  symlinkSync('real/a.json', home.at('link.json'))
  symlinkSync('/nowhere', home.at('broken.json'))
  writeFileSync(home.at('large'), '')
  truncateSync(home.at('large'), 1024 * 1024 + 1)
  const problem = (path: string) => {
    try {
      return String(readHomeFile(home.path, path))
    } catch (error) {
      return (error as Error).message
    }
  }
  expect(problem('linked/a.json')).toBe('linked is a link')
  expect(problem('link.json')).toBe('link.json is a link')
  expect(problem('broken.json')).toBe('broken.json is a link')
  expect(problem('real')).toBe('real is no regular file')
  expect(problem('real/a.json/b')).toBe('a.json is no folder')
  expect(problem('large')).toBe('large has 1048577 bytes, over the limit of 1048576')
})
