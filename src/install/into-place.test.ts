import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { intoPlace } from './into-place.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-place-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const make = (text: string) => async (path: string) => {
  await mkdir(path)
  await writeFile(join(path, 'a'), text)
}

test('makes what is missing and leaves what is there', async () => {
  const path = join(folder, 'deep/thing')
  expect(await intoPlace(path, make('one'))).toBe(true)
  expect(await intoPlace(path, make('two'))).toBe(false)
  expect(await readFile(join(path, 'a'), 'utf8')).toBe('one')
})

test('two makers at once: one wins whole, nothing is left over', async () => {
  const path = join(folder, 'thing')
  const made = await Promise.all(['one', 'two', 'three'].map((text) => intoPlace(path, make(text))))
  expect(made.filter(Boolean)).toHaveLength(1)
  expect(await readdir(folder)).toEqual(['thing'])
})

test('a failed maker leaves nothing', async () => {
  const failing = intoPlace(join(folder, 'thing'), async (path) => {
    await mkdir(path)
    throw new Error('no space')
  })
  await expect(failing).rejects.toThrow('no space')
  expect(await readdir(folder)).toEqual([])
})
