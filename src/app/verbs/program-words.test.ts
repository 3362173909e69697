import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { codex } from '../../providers/codex.ts'
import { gemini } from '../../providers/gemini.ts'
import type { LoginService, Provider } from '../../providers/provider.ts'
import { programWords } from './program-words.ts'

const place = temporaryFolder('berth-program-')
afterAll(() => place[Symbol.dispose]())
const first = ({ logins = [] }: Provider) => logins[0] as LoginService

test('the first file of the CLI that has them', async () => {
  const toolbox = place.at('one')
  mkdirSync(`${toolbox}/lib/gemini/policies.js`, { recursive: true })
  writeFileSync(`${toolbox}/lib/gemini/a.js`, 'use(OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET)')
  writeFileSync(`${toolbox}/lib/gemini/b.js`, 'var OAUTH_CLIENT_ID = "id";\nvar OAUTH_CLIENT_SECRET = "word";')
  expect(await programWords(first(gemini), toolbox)).toEqual({ client_id: 'id', client_secret: 'word' })
})

test('a CLI that has none is told', async () => {
  const toolbox = place.at('two')
  mkdirSync(`${toolbox}/lib/gemini`, { recursive: true })
  await expect(programWords(first(gemini), toolbox)).rejects.toThrow(
    'the CLI in the toolbox does not say by which client it logs in to Google',
  )
})

test('most CLIs need none, and are not looked at', async () => {
  expect(await programWords(first(codex), place.at('nowhere'))).toEqual({})
})
