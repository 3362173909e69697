import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Context } from './context.ts'
import { envEntries } from './env-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-env-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const entries = (text: string, env?: readonly string[]) => {
  writeFileSync(join(folder, 'a.env'), text)
  return envEntries({ cwd: folder } as Context, { envFile: ['a.env'], env })
}

test('a file of variables: values as they stand, names alone, comments and empty lines; --env comes last', () => {
  expect(entries('# c\n\nA=1 "x" #\r\n  B=\nTOKEN\nURL=a=b\n', ['A=2'])).toEqual([
    'A=1 "x" #',
    'B=',
    'TOKEN',
    'URL=a=b',
    'A=2',
  ])
})

test('a wrong line is told by its number, without its text; a missing file by its name', () => {
  expect(() => entries('A=1\nexport canary=1\n')).toThrow(
    expect.objectContaining({ code: 'bad-env', message: '--env-file a.env:2: this is no variable' }),
  )
  expect(() => envEntries({ cwd: folder } as Context, { envFile: ['none'] })).toThrow('there is no such file')
})
