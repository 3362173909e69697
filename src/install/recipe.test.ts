import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { KINDS } from './image-name.ts'
import { recipe } from './recipe.ts'

const IMAGES = join(import.meta.dirname, '../../images')

/** Which images have another name after a change. */
const changedBy = (change: (images: string) => void, toolbox = 'same'): readonly string[] => {
  using folder = temporaryFolder()
  const images = folder.at('images')
  cpSync(IMAGES, images, { recursive: true })
  const before = KINDS.map((kind) => recipe(folder.path).tag(kind, 'same'))
  change(images)
  const after = recipe(folder.path)
  return KINDS.filter((kind, index) => after.tag(kind, toolbox) !== before[index])
}

const replaced = (from: string, to: string) => (images: string) => {
  const path = join(images, 'Containerfile')
  const text = readFileSync(path, 'utf8')
  expect(text).toContain(from)
  writeFileSync(path, text.replace(from, to))
}

test.each([
  ['a package of the base', replaced('openssh-client', 'openssh-server'), ['base', 'agent', 'worker', 'nested']],
  ['a package of the agent image', replaced('ripgrep', 'ack'), ['agent', 'worker', 'nested']],
  ['a package of the nested image', replaced('slirp4netns', 'passt'), ['nested']],
  ['a comment', replaced('# The family of images', '# All images'), []],
  ['a file of the base', (images: string) => writeFileSync(join(images, 'base/gitconfig'), ''), [...KINDS]],
  ['a program of the worker', (images: string) => writeFileSync(join(images, 'worker/codex'), ''), ['worker']],
])('%s renames the images that it is in and those that are built on them', (_, change, names) => {
  expect(changedBy(change)).toEqual(names)
})

test('another toolbox renames the worker image alone', () => {
  expect(changedBy(() => {}, 'other')).toEqual(['worker'])
})

test('each image is built on another one of the family, and the first on none', () => {
  const { parent } = recipe(join(IMAGES, '..'))
  expect(KINDS.map((kind) => [kind, parent(kind)])).toEqual([
    ['base', null],
    ['agent', 'base'],
    ['worker', 'agent'],
    ['nested', 'agent'],
  ])
})
