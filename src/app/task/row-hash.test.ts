import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { rowHash, rowKey } from './row-hash.ts'

const KEY = 'a'.repeat(64)
const row = {
  prompt: 'p',
  settings: { repo: 'o/n', env: ['A=1', 'B=2'], allow: ['npm', 'x.org'] },
  after: ['a', 'b'],
  afterFailed: 'fail',
}
const hash = (changed: Partial<typeof row> | object = {}) => rowHash(KEY, { ...row, ...changed })

test('the order of keys and of the entries of a table says nothing', () => {
  expect(hash()).toMatch(/^[0-9a-f]{64}$/)
  expect(hash({ settings: { allow: ['npm', 'x.org'], env: ['B=2', 'A=1'], repo: 'o/n' }, after: ['b', 'a'] })).toBe(
    hash(),
  )
})

test('every other difference is one', () => {
  const others = [
    { prompt: 'q' },
    { after: ['a'] },
    { afterFailed: 'run' },
    { settings: { ...row.settings, env: ['A=1', 'B=3'] } },
    { settings: { ...row.settings, allow: ['x.org', 'npm'] } },
    { settings: { ...row.settings, memory: '1g' } },
    { settings: { ...row.settings, 'output-schema': { type: 'array' } } },
    { settings: { ...row.settings, 'output-schema': { type: 'array', items: {} } } },
    { settings: { ...row.settings, 'output-schema': [['type', 'array']] } },
  ].map(hash)
  expect(new Set([hash(), ...others]).size).toBe(others.length + 1)
})

test('without the key nobody can make the hash', () => {
  expect(rowHash('b'.repeat(64), row)).not.toBe(hash())
})

test('the key is made once, for this user alone; a broken one is replaced', async () => {
  using folder = temporaryFolder()
  const path = folder.at('manifest.key')
  const key = await rowKey(folder.path)
  expect([await rowKey(folder.path), readFileSync(path, 'utf8')]).toEqual([key, key])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  writeFileSync(path, key.slice(0, 10))
  const next = await rowKey(folder.path)
  expect(next).toMatch(/^[0-9a-f]{64}$/)
  expect(next).not.toBe(key)
  chmodSync(path, 0o644)
  await expect(rowKey(folder.path)).rejects.toMatchObject({
    code: 'bad-file',
    message: expect.stringContaining('is open to other users'),
  })
})
