import { expect, test } from 'vitest'
import { BerthError } from '../domain/errors.ts'
import { inLibraryWords, libraryWords } from './library-words.ts'

test.each([
  [
    '--memroy: there is no such setting (did you mean --memory?)',
    'memroy: there is no such setting (did you mean memory?)',
  ],
  ['--pushToo: there is no such setting', 'pushToo: there is no such setting'],
  ['--push-to fix: taken; use --base-url', 'pushTo fix: taken; use baseUrl'],
  ['leave --shared-tree out', 'leave sharedTree out'],
  ['Run `berth send --env NAME=VALUE ID`, or give --env.', 'Run `berth send --env NAME=VALUE ID`, or give env.'],
  ['/usr/bin/git --exec-path fails', '/usr/bin/git --exec-path fails'],
  ['a--memory b', 'a--memory b'],
])('%s', (text, words) => {
  expect(libraryWords(text)).toBe(words)
})

test('an error keeps its code, and has the first one as its cause', () => {
  const error = new BerthError('usage', '--cpus: expected a number', { hint: 'Give --cpus 1.5.' })
  expect(inLibraryWords(error)).toMatchObject({
    code: 'usage',
    message: 'cpus: expected a number',
    hint: 'Give cpus 1.5.',
  })
  expect(inLibraryWords(error).cause).toBe(error)
  const other = new BerthError('not-found', 't-1: there is no such task')
  expect(inLibraryWords(other)).toBe(other)
})
