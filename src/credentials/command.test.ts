import { expect, test } from 'vitest'
import { command } from './command.ts'

const resolve = (text: string, callerEnv: Readonly<Record<string, string>> = {}) => command.resolve(text, callerEnv)

test('the word that a program prints, in the environment of the caller', async () => {
  expect(await resolve('printenv VAULT_TOKEN', { VAULT_TOKEN: 'sk-3' })).toBe('sk-3')
  expect(await resolve('["sh", "-c", "echo a; exit 0"]')).toBe('a')
  expect(await resolve('["printf", "%s", "sk 4"]').catch((error: Error) => error.message)).toContain(
    'more than one word',
  )
})

test.each([
  ['', 'names no program'],
  ['[]', 'names no program'],
  ['["a", 1]', 'contain only texts'],
  ['["a"', 'not a JSON list'],
  ['pass show "my key"', 'no shell runs it'],
  ['pass show key | head', 'no shell runs it'],
  ['/no/such/program sk-secret', /could not be started|ended with 127/],
  ['true sk-secret', 'printed nothing'],
  ['false sk-secret', 'ended with 1'],
  ['["sh", "-c", "echo locked >&2; exit 3"]', /ended with 3: locked/],
  // What a shell with `set -x`, or an unkind program, tells of a key.
  ['["sh", "-c", "echo sk-secret; echo no: sk-secret >&2; exit 3"]', /ended with 3: no: \*\*\*$/],
  ['["sh", "-c", "echo hunter22; echo no: hunter22 >&2; exit 3"]', /ended with 3: no: \*\*\*$/],
  ['["sh", "-c", "echo +echo sk-secret-of-old >&2; exit 3"]', /ended with 3: \+echo \*\*\*$/],
  ['seq 1 200000', 'too much text for a key'],
])('%s: one error with its cause, and no argument in it', async (text, says) => {
  const error = await resolve(text).catch((caught: unknown) => caught)
  expect(error).toMatchObject({ code: 'no-credentials', message: expect.stringMatching(says) })
  expect((error as Error).message).not.toContain('sk-secret')
})
