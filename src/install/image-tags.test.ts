import { expect, it, test } from 'vitest'
import { isMadeTag, isTag, tagsOf } from './image-tags.ts'

const HASH = '0123456789ab'
const REVISION = '8f3a7d1c0b5e4a6f9d2c8b7a6e5d4c3b2a190807'

it.each([
  ['1.4', true],
  ['v1_2-rc.1', true],
  ['_x', true],
  ['x'.repeat(128), true],
  ['x'.repeat(129), false],
  ['', false],
  ['-x', false],
  ['.x', false],
  ['a b', false],
  ['a:b', false],
  ['a/b', false],
  ['ä', false],
  ['latest\n', false],
])('%j is a tag: %s', (text, is) => expect(isTag(text)).toBe(is))

test('an image has tags by content, version and commit, the latest, and those of the user, each once', () => {
  const image = { hash: HASH, version: '0.1.0', revision: REVISION, provider: 'all', asked: ['1.4', 'latest'] }
  expect(tagsOf(image)).toEqual([HASH, '0.1.0', 'git-8f3a7d1', 'latest', '1.4'])
})

test('the image of one agent has its name in each tag, and none of a commit outside a checkout', () => {
  const image = { hash: HASH, version: '0.1.0', revision: undefined, provider: 'codex', asked: ['1.4'] }
  expect(tagsOf(image)).toEqual([`${HASH}-codex`, '0.1.0-codex', 'latest-codex', '1.4-codex'])
})

it.each([
  [HASH, true],
  [`${HASH}-codex`, true],
  ['git-8f3a7d1', true],
  ['git-8f3a7d1-claude', true],
  ['0.1.0', false],
  ['latest', false],
  ['git-hub', false],
  ['deadbeef', false],
])('%s says what the image was made from: %s', (tag, made) => expect(isMadeTag(tag)).toBe(made))
