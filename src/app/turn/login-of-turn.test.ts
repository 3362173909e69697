import { expect, test, vi } from 'vitest'
import { aLogin } from '../../../test/fixtures/logins.ts'
import type { LoginHolder, LoginState } from '../../credentials/credential.ts'
import { NO_COMPANY } from '../../domain/company-network.ts'
import { BerthError } from '../../domain/errors.ts'
import type { EventBody } from '../../domain/event.ts'
import type { LoginKeyAnswer, WantedKey } from '../../egress/egress.ts'
import { codex } from '../../providers/codex.ts'
import { holdLogin } from './hold-login.ts'
import { readyLogin } from './login-of-turn.ts'
import type { Running } from './running.ts'

const ID = { provider: 'codex', name: 'default' }
const LOGIN = aLogin({ account: 'acct-1' })
const READY: LoginState = { kind: 'ready', login: LOGIN, version: 'v1' }
const blocked = (reason: string): LoginState => ({ kind: 'blocked', reason })

/** A turn whose login answers as scripted, the last answer again and again. */
const bench = (answers: (LoginState | BerthError)[], upstream = 'https://chatgpt.com/backend-api/codex') => {
  const told: EventBody[] = []
  const hidden: string[] = []
  const given: LoginKeyAnswer[] = []
  const refused: string[] = []
  const record = { state: 'running', reason: null as string | null }
  const append = (...events: EventBody[]) => {
    told.push(...events)
    for (const event of events) {
      if (event.type === 'turn.blocked') Object.assign(record, { state: 'blocked', reason: event.reason })
      if (event.type === 'turn.unblocked') Object.assign(record, { state: 'running', reason: null })
    }
  }
  let stored = Promise.withResolvers<void>()
  let want: (wanted: WantedKey) => void = () => {}
  let holder: LoginHolder | undefined
  let looks = 0
  const stop = new AbortController()
  const running = {
    plan: {
      provider: 'codex',
      turn: 1,
      login: { name: 'default', service: 'chatgpt' },
      model: { upstream },
    },
    live: {
      id: 't-one',
      record,
      callerContext: null,
      journal: { select: () => [{ type: 'task.created', task: { request: { loginHeaders: { version: '9' } } } }] },
      append,
      commit: async (...events: EventBody[]) => append(...events),
      hide: (secrets: readonly string[]) => void hidden.push(...secrets),
    },
    deps: {
      config: { providers: new Map([['codex', codex]]), companyNetwork: () => NO_COMPANY },
      egress: {
        setKey: async (_: string, answer: LoginKeyAnswer) => void given.push(answer),
        onWanted: (listener: typeof want) => {
          want = listener
          return () => {
            want = () => {}
          }
        },
      },
      logins: {
        fresh: async () => {
          looks += 1
          const answer = (answers.length > 1 ? answers.shift() : answers[0]) as LoginState
          if (answer instanceof BerthError) throw answer
          return answer
        },
        stored: () => stored.promise,
        hold: (one: LoginHolder) => {
          holder = one
          return {
            [Symbol.dispose]: () => {
              holder = undefined
            },
          }
        },
        refuse: async (_: object, version: string) => void refused.push(version),
      },
      log: () => {},
    },
    control: { launchSignal: stop.signal },
    signal: new AbortController().signal,
  } as unknown as Running
  const store = () => {
    const before = stored
    stored = Promise.withResolvers()
    before.resolve()
  }
  return {
    running,
    told,
    hidden,
    given,
    refused,
    store,
    stop,
    want: (wanted: WantedKey) => want(wanted),
    holder: () => holder,
    looks: () => looks,
  }
}

test('the token with the headers of its service and of the task; it is masked', async () => {
  const { running, hidden, told } = bench([READY])
  expect(await readyLogin(running, ID)).toEqual({
    key: 'access-1',
    headers: { 'chatgpt-account-id': 'acct-1', version: '9' },
    login: { name: 'codex/default', version: 'v1' },
  })
  expect(hidden).toEqual(['access-1', 'refresh-1'])
  expect(told).toEqual([])
})

test('blocked until the login is stored: each reason is told once', async () => {
  const { running, told, store, looks } = bench([blocked('no login'), blocked('no login'), blocked('refused'), READY])
  const ready = readyLogin(running, ID)
  for (const count of [1, 2, 3]) {
    await vi.waitFor(() => expect(looks()).toBe(count))
    store()
  }
  await ready
  expect(told).toEqual([
    { type: 'turn.blocked', turn: 1, reason: 'no login' },
    { type: 'turn.blocked', turn: 1, reason: 'refused' },
    { type: 'turn.unblocked', turn: 1 },
  ])
})

test('an issuer that does not answer is asked again, without a person', async () => {
  const { running, told } = bench([{ kind: 'late', reason: 'no answer' }, READY])
  await readyLogin(running, ID)
  expect(told.map(({ type }) => type)).toEqual(['turn.blocked', 'turn.unblocked'])
})

test('a login of another service, and one that cannot be read, are mended by the same command', async () => {
  const other: LoginState = { ...READY, login: { ...LOGIN, service: 'other' } }
  const { running, told, store } = bench([other, new BerthError('login-failed', 'it is a link'), READY])
  const ready = readyLogin(running, ID)
  await vi.waitFor(() => expect(told).toHaveLength(1))
  store()
  await vi.waitFor(() => expect(told).toHaveLength(2))
  store()
  await ready
  expect(told).toMatchObject([
    { reason: expect.stringMatching(/is one of other, .* one of chatgpt: run `berth auth login codex`$/) },
    { reason: 'it is a link: run `berth auth login codex`' },
    { type: 'turn.unblocked' },
  ])
})

test('a stop ends the wait', async () => {
  const { running, stop } = bench([{ kind: 'late', reason: 'no answer' }])
  const ready = readyLogin(running, ID)
  stop.abort(new Error('stopped by the user'))
  await expect(ready).rejects.toThrow('stopped by the user')
})

test('while it is held, the gateway gets each new token, and another one for each that was refused', async () => {
  const { running, given, want, holder } = bench([READY])
  const hold = holdLogin(running)
  holder()?.onToken({ ...LOGIN, access: 'access-2' }, 'v2')
  want({ task: 't-other', login: 'codex/default', version: 'v0' })
  want({ task: 't-one', login: 'codex/default', version: 'v0' })
  await vi.waitFor(() => expect(given).toHaveLength(2))
  expect(given).toMatchObject([
    { key: 'access-2', version: 'v2' },
    { key: 'access-1', version: 'v1' },
  ])
  hold[Symbol.dispose]()
  expect(holder()).toBeUndefined()
  want({ task: 't-one', login: 'codex/default', version: 'v1' })
  await new Promise((resolve) => setImmediate(resolve))
  expect(given).toHaveLength(2)
})

test.each([
  ['of its own server: the login is blocked for all', 'https://chatgpt.com/backend-api/codex', ['v1']],
  ['of a server of --base-url: nothing is said of the login', 'http://127.0.0.1:9/backend-api/codex', []],
])('a refusal %s', async (_, upstream, says) => {
  const { running, given, refused, want } = bench([blocked('the model refuses it: run `x`')], upstream)
  using _hold = holdLogin(running)
  want({ task: 't-one', login: 'codex/default', version: 'v1' })
  await vi.waitFor(() => expect(given).toEqual([{ refused: 'the model refuses it: run `x`' }]))
  expect(refused).toEqual(says)
})
