import { existsSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Egress, GatewayTask, LoginKey, WantedKey } from '../../src/egress/egress.ts'
import type { Limits } from '../../src/egress/limits.ts'
import { LIMIT_ANSWERS } from '../fixtures/issuers/limit-answers.ts'
import type { Service } from '../fixtures/issuers/services.ts'
import { type IssuerOptions, type Issuers, startIssuers } from '../fixtures/issuers/start-issuers.ts'
import type { Grant } from '../fixtures/issuers/token-book.ts'
import {
  cleanups,
  client,
  logText,
  open,
  PLACEHOLDER,
  send,
  taskOf,
  until,
  useGateways,
  verdict,
} from './gateway-harness.ts'

useGateways()

const PATHS: Readonly<Record<Service, string>> = {
  openai: '/backend-api/codex/responses',
  claude: '/v1/messages',
  google: '/v1internal:streamGenerateContent?alt=sse',
  copilot: '/responses',
}
const BASES: Readonly<Record<Service, string>> = { openai: '/backend-api/codex', claude: '', google: '', copilot: '' }

/** Issuers, whose model says "fine". */
const issuersFor = async (options: IssuerOptions = {}): Promise<Issuers> => {
  const issuers = await startIssuers({ model: { scenario: { main: 'all', after: { text: 'fine' } } }, ...options })
  cleanups.push(() => issuers.close())
  return issuers
}

const keyOf = ({ access, account }: Grant, version: string): LoginKey => ({
  key: access,
  headers: { 'chatgpt-account-id': account },
  version,
})

type Opened = {
  readonly port: Egress
  readonly issuers: Issuers
  readonly grant: Grant
  readonly wanted: readonly WantedKey[]
  readonly task: GatewayTask
  /** Gives another token of the same sign-in, as the supervisor does. */
  readonly renew: (version: string) => Promise<Grant>
}

/** A task on a login, whose wants are seen. */
const openLogin = async (
  service: Service = 'openai',
  { limits = {}, ...options }: IssuerOptions & { readonly limits?: Partial<Limits> } = {},
): Promise<Opened> => {
  const issuers = await issuersFor(options)
  const port = client(limits)
  const grant = issuers.tokens(service).signIn(issuers.account(service))
  const wanted: WantedKey[] = []
  cleanups.push(port.onWanted((one) => wanted.push(one)))
  const { version, ...model } = keyOf(grant, '1')
  const login = { name: `${service}/work`, version }
  const task = taskOf(`${issuers.url}${BASES[service]}`, 't-1', { ...model, login })
  await port.open(task)
  let { refresh } = grant
  const renew = async (version: string) => {
    const next = issuers.tokens(service).refresh(refresh ?? '')
    if (typeof next === 'string') throw new Error(next)
    refresh = next.refresh
    await port.setKey('t-1', keyOf(next, version))
    return next
  }
  return { port, issuers, grant, wanted, task, renew }
}

const BODY = JSON.stringify({ model: 'm', stream: true, input: [], messages: [], request: { contents: [] } })
const ask = (socket: string, service: Service = 'openai', body = BODY) =>
  send({
    socket,
    path: PATHS[service],
    headers: { authorization: `Bearer ${PLACEHOLDER}`, 'chatgpt-account-id': 'of the container' },
    body,
  })

const services: readonly Service[] = ['openai', 'claude', 'google', 'copilot']
describe('a request on a login', () => {
  test.each(services)('%s: the token and the account are set, and neither is in a log', async (service) => {
    const { port, issuers, task, grant } = await openLogin(service)
    expect(await ask(task.socket, service)).toMatchObject({ status: 200, text: expect.stringContaining('fine') })
    const [sent] = issuers.requests
    expect(sent?.headers).toMatchObject({
      authorization: `Bearer ${grant.access}`,
      'chatgpt-account-id': issuers.account(service),
    })
    const [line] = await until(port, 't-1', ({ kind }) => kind === 'request')
    expect(line?.usage).toMatchObject({ inputTokens: expect.any(Number) })
    expect(logText()).not.toContain(grant.access)
  })

  test.each([
    ['a bearer of its own', { authorization: 'Bearer mine' }, 403],
    ['no bearer', {}, 403],
    ['the placeholder twice', { authorization: [`Bearer ${PLACEHOLDER}`, `Bearer ${PLACEHOLDER}`] as never }, 403],
  ])('%s is refused, and no token leaves', async (_, headers, status) => {
    const { issuers, task } = await openLogin()
    const answer = await send({ socket: task.socket, path: PATHS.openai, headers: headers as Record<string, string> })
    expect(answer.status).toBe(status)
    expect(issuers.requests).toEqual([])
  })

  test.each([
    '/backend-api/wham/usage',
    '/oauth/token',
    '/backend-api/codex/../wham/usage',
    '/backend-api/codex/%2e%2e/wham/usage',
  ])('another path is refused: %s', async (path) => {
    const { issuers, task } = await openLogin()
    expect((await send({ socket: task.socket, path })).status).toBe(403)
    expect(issuers.requests).toEqual([])
  })

  test('of the paths of its model, only those that the agent needs', async () => {
    const { port, issuers, task, wanted } = await openLogin('claude')
    const paths = ['/v1/messages', '/v1/messages/count_tokens', '/v1/models/*']
    await port.open({ ...task, model: { ...task.model!, paths } })
    const headers = { authorization: `Bearer ${PLACEHOLDER}` }
    const status = async (path: string) => (await send({ socket: task.socket, path, headers })).status
    expect(await status('/v1/messages?beta=true')).toBe(200)
    expect(await status('/v1/models/m')).toBe(404)
    expect(issuers.requests).toHaveLength(2)
    const others = [
      '/api/oauth/profile',
      '/api/oauth/claude_cli/create_api_key',
      '/v1/messages/batches',
      '/v1/models/..',
    ]
    for (const path of others) expect(await status(path)).toBe(403)
    expect(issuers.requests).toHaveLength(2)
    expect(wanted).toEqual([])
  })

  test('an answer that echoes the token and the account shows neither', async () => {
    const { issuers, task, grant } = await openLogin()
    const message = `bad token ${grant.access} of ${grant.account}`
    issuers.answerModel('openai', { status: 400, value: { error: { message } }, headers: { 'x-echo': grant.access } })
    const { text, headers } = await ask(task.socket)
    expect(text).toContain('bad token *** of ***')
    expect(headers['x-echo']).toBe('***')
    expect(logText()).not.toContain(grant.access)
  })
})

describe('a token that expires', () => {
  test('20 requests at once want another token once, and none of them fails', async () => {
    const { issuers, task, wanted, renew } = await openLogin()
    issuers.tokens('openai').expire()
    const answers = Array.from({ length: 20 }, () => ask(task.socket))
    await expect.poll(() => issuers.count('openai-model')).toBe(20)
    await expect.poll(() => wanted).toEqual([{ task: 't-1', login: 'openai/work', version: '1' }])
    const next = await renew('2')
    const given = await Promise.all(answers)
    expect(given.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(given.every(({ text }) => text.includes('fine'))).toBe(true)
    expect(wanted).toHaveLength(1)
    expect(issuers.requests.slice(20).every(({ headers }) => headers.authorization === `Bearer ${next.access}`)).toBe(
      true,
    )
    expect(logText()).not.toContain('"kind":"verdict"')
    // Later ones have it at once.
    expect((await ask(task.socket)).status).toBe(200)
    expect(issuers.count('openai-model')).toBe(41)
  })

  test('a body of many megabytes is sent again byte for byte', async () => {
    const { issuers, task, renew } = await openLogin('claude')
    const body = JSON.stringify({ model: 'm', messages: [], padding: 'x'.repeat(20_000_000) })
    issuers.tokens('claude').expire()
    const answer = ask(task.socket, 'claude', body)
    await expect.poll(() => issuers.count('claude-model')).toBe(1)
    await renew('2')
    expect((await answer).status).toBe(200)
    expect(issuers.model.requests[0]?.text).toBe(body)
  })

  test('a longer one is told to come again, and the next has the new token', async () => {
    const { issuers, task, wanted, renew } = await openLogin('claude', { limits: { keptBodyBytes: 1000 } })
    issuers.tokens('claude').expire()
    const body = JSON.stringify({ model: 'm', messages: [], padding: 'x'.repeat(2000) })
    const answer = ask(task.socket, 'claude', body)
    await expect.poll(() => wanted).toHaveLength(1)
    await renew('2')
    expect((await answer).status).toBe(503)
    expect((await ask(task.socket, 'claude', body)).status).toBe(200)
    expect(logText()).not.toContain('"kind":"verdict"')
  })

  test('a refused renewal: the 401 goes on, with the command that mends it on record, for later requests too', async () => {
    const { port, issuers, task, wanted } = await openLogin()
    issuers.tokens('openai').expire()
    const answer = ask(task.socket)
    await expect.poll(() => wanted).toHaveLength(1)
    await port.setKey('t-1', { refused: 'its refresh token was used already' })
    expect(await answer).toMatchObject({ status: 401, text: expect.stringContaining('token_expired') })
    const line = await verdict(port)
    expect(line).toMatchObject({ class: 'auth', fatal: true, status: 401 })
    expect(line.message).toContain(
      'login openai/work: its refresh token was used already; to log in again: berth auth login openai --name work',
    )
    expect((await ask(task.socket)).status).toBe(401)
    expect(wanted).toHaveLength(1)
  })

  test('a new token that is refused too is not renewed again', async () => {
    const { port, issuers, task, wanted, renew } = await openLogin()
    issuers.tokens('openai').expire()
    const answer = ask(task.socket)
    await expect.poll(() => wanted).toHaveLength(1)
    issuers.tokens('openai').setLife(0)
    await renew('2')
    expect((await answer).status).toBe(401)
    expect((await verdict(port)).class).toBe('auth')
    expect((await ask(task.socket)).status).toBe(401)
    expect(wanted).toHaveLength(1)
  })

  test('nobody renews it: the 401 goes on when the time is over', async () => {
    const { port, issuers, task } = await openLogin('openai', { limits: { renewMs: 200 } })
    issuers.tokens('openai').expire()
    expect((await ask(task.socket)).status).toBe(401)
    expect((await verdict(port)).message).toContain('berth auth login openai --name work')
  })

  test('a client that goes away wants nothing any more', async () => {
    const { port, issuers, task, wanted } = await openLogin()
    issuers.tokens('openai').expire()
    const headers = { authorization: `Bearer ${PLACEHOLDER}` }
    const leaving = request({ socketPath: task.socket, path: PATHS.openai, method: 'POST', headers })
    leaving.on('error', () => {}).end(BODY)
    await expect.poll(() => wanted).toHaveLength(1)
    leaving.destroy()
    await until(port, 't-1', ({ message }) => message === 'the client went away')
    const later: WantedKey[] = []
    const second = client()
    second.onWanted((one) => later.push(one))
    await second.open({ ...task, task: 't-2', socket: `${task.socket}.2` })
    expect(later).toEqual([])
  })

  test('403 for what the account may not do is passed on at once', async () => {
    const { port, issuers, task, wanted } = await openLogin('claude')
    issuers.answerModel('claude', LIMIT_ANSWERS.claudeNotAllowed())
    expect((await ask(task.socket, 'claude')).status).toBe(403)
    expect((await verdict(port)).message).toContain('currently not allowed for this organization')
    expect(wanted).toEqual([])
  })
})

describe('deaths', () => {
  const kill = async (pid: number) => {
    process.kill(pid, 'SIGKILL')
    while (existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await sleep(5)
  }

  test('a supervisor that died: its successor hears of what waits, and the request goes on', async () => {
    const { port, issuers, grant, task, wanted } = await openLogin()
    issuers.tokens('openai').expire()
    const answer = ask(task.socket)
    await expect.poll(() => wanted).toHaveLength(1)
    await port[Symbol.asyncDispose]()
    const successor = client()
    const heard: WantedKey[] = []
    successor.onWanted((one) => heard.push(one))
    const want = { task: 't-1', login: 'openai/work', version: '1' }
    await expect.poll(() => heard).toEqual([want])
    // Turns are taken over one after the other.
    const later: WantedKey[] = []
    successor.onWanted((one) => later.push(one))
    await expect.poll(() => later).toEqual([want])
    const next = issuers.tokens('openai').refresh(grant.refresh ?? '') as Grant
    await successor.setKey('t-1', keyOf(next, '2'))
    expect((await answer).status).toBe(200)
  })

  test('a gateway that died: the client tries again, and its successor has the newest token', async () => {
    const { port, issuers, task, wanted, renew } = await openLogin()
    issuers.tokens('openai').expire()
    const held = ask(task.socket).then(
      () => 'answered',
      () => 'cut',
    )
    await expect.poll(() => wanted).toHaveLength(1)
    await kill((await port.status())!.pid)
    expect(await held).toBe('cut')
    await renew('2')
    const status = () =>
      ask(task.socket).then(
        ({ status }) => status,
        () => 0,
      )
    await expect.poll(status).toBe(200)
    expect(wanted).toHaveLength(1)
    // And one that comes after it.
    await kill((await port.status())!.pid)
    await expect.poll(status).toBe(200)
    expect(wanted).toHaveLength(1)
  })

  test('a gateway that is told to end cuts what it holds, for its successor', async () => {
    const { port, issuers, task, wanted, renew } = await openLogin()
    issuers.tokens('openai').expire()
    const held = ask(task.socket).then(
      () => 'answered',
      () => 'cut',
    )
    await expect.poll(() => wanted).toHaveLength(1)
    process.kill((await port.status())!.pid, 'SIGTERM')
    expect(await held).toBe('cut')
    await renew('2')
    await expect
      .poll(() =>
        ask(task.socket)
          .then(({ status }) => status)
          .catch(() => 0),
      )
      .toBe(200)
    expect(wanted).toHaveLength(1)
  })

  test('a gateway that died while nobody had another token: its successor asks again', async () => {
    const { port, issuers, task, wanted, renew } = await openLogin()
    issuers.tokens('openai').expire()
    ask(task.socket).catch(() => {})
    await expect.poll(() => wanted).toHaveLength(1)
    await kill((await port.status())!.pid)
    await expect.poll(() => existsSync(task.socket) && port.held()).toEqual(['t-1'])
    const again = ask(task.socket)
    await expect.poll(() => wanted).toHaveLength(2)
    await renew('2')
    expect((await again).status).toBe(200)
  })
})

describe('limits', () => {
  const HOUR = 3_600_000
  const soon = () => new Date(Date.now() + HOUR)
  const cases = [
    ['openai', LIMIT_ANSWERS.codexUsage, 'rate-limit'],
    ['openai', LIMIT_ANSWERS.codexUsageByHeader, 'rate-limit'],
    ['openai', LIMIT_ANSWERS.codexUsageRetryAfter, 'rate-limit'],
    ['openai', LIMIT_ANSWERS.codexNotIncluded, 'auth'],
    ['claude', LIMIT_ANSWERS.claudeRejected, 'rate-limit'],
    ['claude', LIMIT_ANSWERS.claudeNotAllowed, 'auth'],
    ['claude', LIMIT_ANSWERS.claudeRevoked, 'auth'],
    ['google', LIMIT_ANSWERS.geminiExhausted, 'rate-limit'],
    ['google', LIMIT_ANSWERS.geminiValidation, 'auth'],
  ] as const
  test.each(cases)('%s %o ends the turn: %s', async (service, answer, expected) => {
    const { port, issuers, task } = await openLogin(service)
    const opens = soon()
    const reply = answer(opens)
    issuers.answerModel(service, reply)
    expect((await ask(task.socket, service)).status).toBe(reply.status)
    const line = await verdict(port)
    expect(line).toMatchObject({ class: expected, fatal: true, status: reply.status })
    if (expected === 'auth') expect(line.retryAt).toBeUndefined()
    else expect(Math.abs(Date.parse(line.retryAt ?? '') - opens.getTime())).toBeLessThan(5000)
  })

  test('a limit that is not of the subscription is left to the CLI', async () => {
    const { port, issuers, task } = await openLogin('claude')
    issuers.answerModel('claude', LIMIT_ANSWERS.claudeBusy())
    expect((await ask(task.socket, 'claude')).status).toBe(429)
    expect(await verdict(port)).toMatchObject({ class: 'rate-limit', fatal: false })
  })
})

test('a stream that is under way goes on while the token is replaced', async () => {
  const { issuers, task, renew } = await openLogin('openai')
  issuers.model.load({ main: 'all', steps: [{ hang: 'body', text: 'slow' }] })
  const slow = await open({ socket: task.socket, path: PATHS.openai, body: BODY })
  await renew('2')
  await issuers.model.release()
  let text = ''
  for await (const piece of slow.setEncoding('utf8')) text += piece
  expect(text).toContain('response.completed')
})
