import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { openaiToken } from '../../../test/fixtures/logins.ts'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { Login } from '../../domain/login.ts'
import { taskRequest } from '../../domain/request.ts'
import { codex } from '../../providers/codex.ts'
import { noop } from '../../providers/noop.ts'
import { opencode } from '../../providers/opencode.ts'
import type { Deps } from '../deps.ts'
import { copyLogin, hostLogin } from './copy-login.ts'

const place = temporaryFolder('berth-copy-')
afterAll(() => place[Symbol.dispose]())
const CODEX = JSON.stringify({ tokens: { access_token: openaiToken(), refresh_token: 'rt-1' } })

const write = (path: string, text: string): void => {
  mkdirSync(place.at(path.slice(0, path.lastIndexOf('/'))), { recursive: true })
  writeFileSync(place.at(path), text)
}

const desk = () => {
  const stored: Login[] = []
  const deps = {
    clock: { now: () => new Date('2026-11-30T12:00:00.000Z') },
    config: {
      providers: new Map([codex, noop, opencode].map((one) => [one.id, one])),
      agents: () => new Map(),
      settings: () => ({ loginIssuer: null }),
    },
    installation: { toolbox: async () => ({ path: place.at('toolbox') }) },
    logins: { put: async (login: Login) => void stored.push(login) },
  } as unknown as Deps
  const copy = (env: Record<string, string>, agent = 'codex', name = 'default') =>
    copyLogin(deps, { agent, service: undefined, name, caller: { cwd: '/', uid: 1, gid: 1, env } })
  return { deps, stored, copy }
}

test('the file in the home of the caller', async () => {
  write('one/.codex/auth.json', CODEX)
  const { copy, stored } = desk()
  expect(await copy({ HOME: place.at('one') })).toMatchObject({ provider: 'codex', name: 'default', refresh: 'rt-1' })
  expect(stored).toHaveLength(1)
})

test("the folder that the CLI's variable names", async () => {
  write('two/auth.json', CODEX)
  const { copy } = desk()
  expect(await copy({ HOME: '/nowhere', CODEX_HOME: place.at('two') })).toMatchObject({ service: 'chatgpt' })
})

test.each([
  ['no file', {}, 'codex', /^codex: --login-from-host: there is no \/nowhere\/.codex\/auth.json; nothing was stored$/],
  ['a folder', { CODEX_HOME: place.at('folder') }, 'codex', /auth\.json is no file; nothing was stored$/],
  ['one that holds a key', { CODEX_HOME: place.at('key') }, 'codex', /holds no ChatGPT login; nothing was stored$/],
  ['a large one', { CODEX_HOME: place.at('large') }, 'codex', /over the limit of 1048576; nothing was stored$/],
])('%s is login-failed', async (_, env, agent, message) => {
  mkdirSync(place.at('folder/auth.json'), { recursive: true })
  write('key/auth.json', JSON.stringify({ auth_mode: 'apikey', OPENAI_API_KEY: 'sk-1' }))
  write('large/auth.json', ' '.repeat(1024 * 1024 + 1))
  const { copy, stored } = desk()
  await expect(copy({ HOME: '/nowhere', ...env }, agent)).rejects.toMatchObject({
    code: 'login-failed',
    message: expect.stringMatching(message),
  })
  expect(stored).toEqual([])
})

test('an agent without logins, and a name that none has', async () => {
  const { copy } = desk()
  await expect(copy({}, 'noop')).rejects.toMatchObject({ code: 'bad-request' })
  await expect(copy({}, 'codex', 'none')).rejects.toMatchObject({ code: 'bad-request' })
})

test('a task uses the copy, as one of the service that has its model', async () => {
  write(
    'four/.local/share/opencode/auth.json',
    JSON.stringify({ 'github-copilot': { type: 'oauth', access: 'gho', refresh: 'gho' } }),
  )
  const { deps, stored } = desk()
  const request = taskRequest.parse({ prompt: 'x', agent: 'opencode', model: 'github-copilot/gpt-5.5' })
  const caller = { cwd: '/', uid: 1, gid: 1, env: { HOME: place.at('four') } }
  expect(await hostLogin(deps, request, caller)).toMatchObject({ login: 'host' })
  expect(stored).toMatchObject([{ name: 'host', service: 'copilot' }])
  expect(await hostLogin(deps, { ...request, login: 'mine' }, caller)).toMatchObject({ login: 'mine' })
})
