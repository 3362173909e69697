import { expect, test } from 'vitest'
import { effectiveUrl } from './effective-url.ts'

const config = {
  instead: [
    ['https://git.test/', 'ssh://git@one.test/'],
    ['https://git.test/team/', 'git@two.test:'],
  ],
  pushInstead: [['https://git.test/t', 'ssh://git@push.test/t']],
  sshCommand: undefined,
} as const

test.each([
  ['https://git.test/app', false, 'ssh://git@one.test/app'],
  ['https://git.test/app', true, 'ssh://git@one.test/app'],
  ['https://git.test/team/app', false, 'git@two.test:app'],
  ['https://git.test/team/app', true, 'ssh://git@push.test/team/app'],
  ['https://other.test/app', true, 'https://other.test/app'],
])('%s, as a push %s: %s', (url, isPush, expected) => {
  expect(effectiveUrl(config, url, isPush)).toBe(expected)
})
