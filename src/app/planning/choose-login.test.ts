import { expect, test } from 'vitest'
import { BerthError } from '../../domain/errors.ts'
import type { Login } from '../../domain/login.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { codex } from '../../providers/codex.ts'
import { noop } from '../../providers/noop.ts'
import { opencode } from '../../providers/opencode.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Deps } from '../deps.ts'
import { chooseKey } from './choose-login.ts'

type Kept = Pick<Login, 'provider' | 'name' | 'service'>
const CODEX: Kept = { provider: 'codex', name: 'work', service: 'chatgpt' }

const choose = async (input: {
  readonly provider?: Provider
  readonly request?: Partial<TaskRequest>
  readonly env?: Record<string, string>
  readonly logins?: readonly Kept[]
  /** The name of the login in use. */
  readonly inUse?: string
}) => {
  const { provider = codex, request = {}, env = {}, logins = [], inUse = null } = input
  const deps = {
    config: {
      credential: async (reference: string, callerEnv: Record<string, string>) => {
        const value = callerEnv[reference.replace('env:', '')]
        if (value === undefined) throw new BerthError('no-credentials', `the credential ${reference} is missing`)
        return value
      },
    },
    logins: {
      chosen: () => inUse,
      find: async (id: Kept) => logins.find(({ provider: of, name }) => of === id.provider && name === id.name) ?? null,
    },
  } as unknown as Deps
  return await chooseKey({ deps, request: { credentials: {}, ...request }, provider, callerEnv: env })
}
const KEY = { OPENAI_API_KEY: 'sk-1' }
const login = (name: string, service: string, provider = 'codex') => ({
  value: null,
  facts: { key: { reference: `login:${provider}/${name}`, present: true }, login: { name, service } },
})

test('the key where it is set, also beside a login in use', async () => {
  expect(await choose({ env: KEY, logins: [CODEX], inUse: 'work' })).toEqual({
    value: 'sk-1',
    facts: { key: { reference: 'env:OPENAI_API_KEY', present: true } },
  })
})

test('the login in use where no key is set', async () => {
  expect(await choose({ logins: [CODEX], inUse: 'work' })).toEqual(login('work', 'chatgpt'))
})

test('the login that is named, also beside a key, and before it exists', async () => {
  expect(await choose({ env: KEY, logins: [CODEX], request: { login: 'work' } })).toEqual(login('work', 'chatgpt'))
  expect(await choose({ request: { login: 'later' } })).toEqual(login('later', 'chatgpt'))
})

test.each([
  ['--login none', { login: 'none' }],
  ['a key that is named', { credentials: { OPENAI_API_KEY: 'env:OTHER' } }],
])('no login stands in for %s', async (_, request) => {
  await expect(choose({ logins: [CODEX], inUse: 'work', request })).rejects.toMatchObject({ code: 'no-credentials' })
})

test('a model of --base-url gets no token but that of a login that is named', async () => {
  const request = { baseUrl: 'http://model.example' }
  expect(await choose({ logins: [CODEX], inUse: 'work', request })).toEqual({
    value: null,
    facts: { key: { reference: 'env:OPENAI_API_KEY', present: false } },
  })
  expect(await choose({ logins: [CODEX], request: { ...request, login: 'work' } })).toEqual(login('work', 'chatgpt'))
})

test('without either, the hint names both ways', async () => {
  await expect(choose({})).rejects.toMatchObject({
    code: 'no-credentials',
    message: 'the credential env:OPENAI_API_KEY is missing',
    hint: expect.stringMatching(
      /^Set the named variable in this shell\. For a model that needs no key, give --base-url\. .*`berth auth login codex`/,
    ),
  })
})

test('of an agent with several services, the one that has the model', async () => {
  const copilot = { provider: 'opencode', name: 'work', service: 'copilot' }
  const asked = { provider: opencode, logins: [copilot], inUse: 'work' }
  const model = 'github-copilot/gpt-5'
  expect(await choose({ ...asked, request: { model } })).toEqual(login('work', 'copilot', 'opencode'))
  expect(await choose({ provider: opencode, request: { model, login: 'later' } })).toEqual(
    login('later', 'copilot', 'opencode'),
  )
  await expect(choose({ ...asked, request: { model: 'openai/gpt-5', login: 'work' } })).rejects.toMatchObject({
    code: 'bad-request',
    message: '--login work: the model openai/gpt-5 is not one of this login',
  })
  await expect(choose({ ...asked, request: { model: 'openai/gpt-5' } })).rejects.toMatchObject({
    code: 'no-credentials',
  })
})

test.each([
  [{}, 'berth auth login opencode --service copilot`'],
  [
    { logins: [{ provider: 'opencode', name: 'work', service: 'chatgpt' }], inUse: 'work' },
    'berth auth login opencode --name copilot --service copilot`, and run the task with `--login copilot`',
  ],
])('a model that comes with a login alone names that login', async (there, command) => {
  await expect(
    choose({ provider: opencode, request: { model: 'github-copilot/gpt-5.5' }, ...there }),
  ).rejects.toMatchObject({
    code: 'no-credentials',
    message:
      '--model github-copilot/gpt-5.5: opencode reaches this model by a login of GitHub Copilot, and the task has none',
    hint: expect.stringContaining(command),
  })
})

test('a model of the first service names the login in the hint, and one of no service none', async () => {
  await expect(choose({ provider: opencode, request: { model: 'openai/gpt-5.5' } })).rejects.toMatchObject({
    hint: expect.stringContaining('`berth auth login opencode`'),
  })
  await expect(choose({ provider: opencode, request: { model: 'mistral/large' } })).rejects.toMatchObject({
    code: 'bad-request',
    hint: expect.not.stringContaining('auth login'),
  })
})

test('a login of an agent that has none is refused', async () => {
  await expect(choose({ provider: noop, request: { login: 'work' } })).rejects.toMatchObject({
    code: 'bad-request',
    message: expect.stringMatching(/^--login work: .+ has no logins, only keys$/),
  })
})
