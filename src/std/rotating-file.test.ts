import { appendFileSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { FileChanged, rotatingFile } from './rotating-file.ts'

const SIZE = { maxBytes: 10, files: 3 }

test('a full file gives its name to a new one, and the oldest goes', () => {
  using top = temporaryFolder()
  const file = rotatingFile(top.at('out/t.ndjson'), SIZE)
  const read = () => readdirSync(top.at('out')).map((name) => [name, readFileSync(top.at('out', name), 'utf8')])
  file.append(['1234\n', '5678\n'])
  expect(read()).toEqual([['t.ndjson', '1234\n5678\n']])
  file.append(['a\n'])
  file.append(['a line longer than a file\n', 'b\n', 'c\n'])
  expect(read()).toEqual([
    ['t.1.ndjson', 'a line longer than a file\n'],
    ['t.2.ndjson', 'a\n'],
    ['t.ndjson', 'b\nc\n'],
  ])
  file.clear()
  expect(read()).toEqual([])
})

test.each([
  ['removed', (path: string) => rmSync(path)],
  ['longer', (path: string) => appendFileSync(path, 'x')],
  [
    'another one',
    (path: string) => {
      rmSync(path)
      writeFileSync(path, 'ab\n')
    },
  ],
  [
    'a link',
    (path: string) => {
      rmSync(path)
      symlinkSync('/dev/null', path)
    },
  ],
])('a file that is %s by now is not written to', (_, change) => {
  using top = temporaryFolder()
  const file = rotatingFile(top.at('t.ndjson'), SIZE)
  file.append(['ab\n'])
  change(top.at('t.ndjson'))
  expect(() => file.append(['c\n'])).toThrow(FileChanged)
  file.clear()
  file.append(['d\n'])
  expect(readFileSync(top.at('t.ndjson'), 'utf8')).toBe('d\n')
})
