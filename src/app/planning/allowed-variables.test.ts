import { expect, test } from 'vitest'
import { refuseUnlisted } from './allowed-variables.ts'

test('env-allow lets the listed variables of a shell pass, and no other', () => {
  expect(() => refuseUnlisted(['CI', 'NPM_*'], ['CI', 'NPM_TOKEN', 'NPM_'])).not.toThrow()
  expect(() => refuseUnlisted(null, ['ANY'])).not.toThrow()
  const refused = (allowed: readonly string[], name: string, words: string) =>
    expect(() => refuseUnlisted(allowed, [name])).toThrow(
      expect.objectContaining({ code: 'env-not-allowed', message: expect.stringContaining(words) }),
    )
  refused(
    ['CI', 'NPM_*'],
    'NPM',
    '--env NPM: env-allow does not let this variable of the shell pass; it lists CI, NPM_*',
  )
  refused(['CI'], 'CIRCLE', '--env CIRCLE')
  refused([], 'CI', 'it lists nothing')
})
