import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { rotateLog } from './rotate-log.ts'

test('one old file is kept, and who writes goes on in the new one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-log-'))
  const path = join(folder, 'a.log')
  const fd = openSync(path, 'a', 0o600)
  onTestFinished(() => {
    closeSync(fd)
    rmSync(folder, { recursive: true })
  })
  const write = (line: string) => {
    rotateLog(path, 8)
    writeSync(fd, line)
  }
  for (const line of ['one\n', 'two\n', 'three\n', 'four\n', 'five\n']) write(line)
  expect(readFileSync(path, 'utf8')).toBe('five\n')
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('three\nfour\n')
})

test('a log that is not there is no fault', () => {
  expect(() => rotateLog('/nonexistent/a.log', 8)).not.toThrow()
})
