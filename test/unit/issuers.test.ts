import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { leafCertificate } from '../fixtures/issuers/leaf-certificate.ts'
import { LIMIT_ANSWERS } from '../fixtures/issuers/limit-answers.ts'
import { type Issuers, startIssuers } from '../fixtures/issuers/start-issuers.ts'

let issuers: Issuers
beforeEach(async () => {
  issuers = await startIssuers({ model: { scenario: { main: 'all', after: { text: 'fine' } } } })
})
afterEach(() => issuers.close())

type Sent = { readonly body?: unknown; readonly bearer?: string; readonly headers?: Record<string, string> }
const ask = async (path: string, { body, bearer, headers }: Sent = {}) => {
  const answer = await fetch(`${issuers.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    redirect: 'manual',
    headers: {
      'content-type': body instanceof URLSearchParams ? 'application/x-www-form-urlencoded' : 'application/json',
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      ...headers,
    },
    ...(body !== undefined && { body: body instanceof URLSearchParams ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, text, location: answer.headers.get('location') }
}
const json = async (path: string, sent?: Sent): Promise<{ readonly [field: string]: unknown }> => {
  const { status, text } = await ask(path, sent)
  return { status, ...(JSON.parse(text) as object) }
}

describe('sign-ins', () => {
  test('a device code is pending, then gives a code that serves once', async () => {
    const { device_auth_id } = await json('/api/accounts/deviceauth/usercode', { body: {} })
    const poll = () => json('/api/accounts/deviceauth/token', { body: { device_auth_id } })
    expect(await poll()).toMatchObject({ status: 403 })
    const { authorization_code: code } = await poll()
    const exchange = () => json('/oauth/token', { body: { grant_type: 'authorization_code', code } })
    expect(await exchange()).toMatchObject({ status: 200, refresh_token: expect.stringContaining('rt_') })
    expect(await exchange()).toMatchObject({ status: 401 })
    expect(issuers.count('openai-token')).toBe(2)
  })

  test("a browser goes back to the CLI's port with a code and its state", async () => {
    const redirect = encodeURIComponent('http://localhost:1455/auth/callback')
    const { status, location } = await ask(`/oauth/authorize?redirect_uri=${redirect}&state=s1`)
    const back = new URL(location ?? '')
    expect([status, back.port, back.searchParams.get('state')]).toEqual([302, '1455', 's1'])
    const code = back.searchParams.get('code')
    expect(await json('/oauth/token', { body: { grant_type: 'authorization_code', code } })).toMatchObject({
      status: 200,
    })
  })

  test('Claude gives a token of a year for inference alone', async () => {
    const body = { grant_type: 'authorization_code', code: issuers.code('claude'), scope: 'user:inference' }
    const given = await json('/v1/oauth/token', { body })
    expect(given).toMatchObject({ status: 200, expires_in: 31_536_000 })
    expect(given['refresh_token']).toBeUndefined()
  })

  test('GitHub gives a token that does not expire', async () => {
    const { device_code } = await json('/login/device/code', { body: {} })
    const poll = () => json('/login/oauth/access_token', { body: { device_code } })
    expect(await poll()).toMatchObject({ error: 'authorization_pending' })
    expect(await poll()).toMatchObject({ access_token: expect.stringContaining('gho_') })
  })
})

describe('refreshes', () => {
  test.each([
    ['openai', '/oauth/token', 401],
    ['claude', '/v1/oauth/token', 400],
  ] as const)(
    '%s: a refresh token serves once, and its reuse revokes what came of it',
    async (service, path, refused) => {
      const first = issuers.tokens(service).signIn(issuers.account(service))
      const refresh = (token: unknown) => json(path, { body: { grant_type: 'refresh_token', refresh_token: token } })
      const second = await refresh(first.refresh)
      expect(second).toMatchObject({ status: 200, access_token: expect.any(String), refresh_token: expect.any(String) })
      expect(issuers.tokens(service).standing(String(second['access_token'])).state).toBe('good')
      expect(await refresh(first.refresh)).toMatchObject({ status: refused })
      expect(issuers.tokens(service).standing(String(second['access_token'])).state).toBe('unknown')
      expect(await refresh(second['refresh_token'])).toMatchObject({ status: refused })
    },
  )

  test('Google gives no new refresh token', async () => {
    const { refresh } = issuers.tokens('google').signIn('a')
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refresh ?? '' })
    for (const _ of [1, 2]) {
      const given = await json('/token', { body })
      expect(given).toMatchObject({ status: 200, access_token: expect.stringContaining('ya29') })
      expect(given['refresh_token']).toBeUndefined()
    }
  })

  test('a stall holds the answer when the new tokens hold already', async () => {
    const { refresh } = issuers.tokens('openai').signIn('a')
    const stall = issuers.stall('given')
    const answer = json('/oauth/token', { body: { grant_type: 'refresh_token', refresh_token: refresh } })
    await stall.reached
    expect(issuers.tokens('openai').refresh(refresh ?? '')).toBe('reused')
    stall.release()
    expect(await answer).toMatchObject({ status: 200 })
  })
})

describe('models', () => {
  const calls = [
    ['openai', '/backend-api/codex/responses', { model: 'm', input: [] }],
    ['claude', '/v1/messages', { model: 'm', messages: [] }],
    ['google', '/v1internal:generateContent', { model: 'm', request: { contents: [] } }],
    ['copilot', '/responses', { model: 'm', input: [] }],
  ] as const
  test.each(calls)('%s answers a good token, and 401 to others', async (service, path, body) => {
    const account = issuers.account(service)
    const { access } = issuers.tokens(service).signIn(account)
    const headers = { 'chatgpt-account-id': account }
    const good = await ask(path, { body, bearer: access, headers })
    expect([good.status, good.text.includes('fine')]).toEqual([200, true])
    expect((await ask(path, { body, bearer: 'other', headers })).status).toBe(401)
    issuers.tokens(service).expire()
    expect((await ask(path, { body, bearer: access, headers })).status).toBe(401)
    expect(issuers.count(`${service}-model`)).toBe(3)
    expect(issuers.model.requests).toHaveLength(1)
  })

  test('a token lives as long as it is told to', async () => {
    issuers.tokens('claude').setLife(0)
    const { access } = issuers.tokens('claude').signIn('a')
    expect((await ask('/v1/messages', { body: {}, bearer: access })).status).toBe(401)
  })

  test('codex must name its account', async () => {
    const { access } = issuers.tokens('openai').signIn('mine')
    const sent = { body: {}, bearer: access, headers: { 'chatgpt-account-id': 'another' } }
    expect((await ask('/backend-api/codex/responses', sent)).status).toBe(403)
  })

  test('Code Assist wraps each event of a stream', async () => {
    const { access } = issuers.tokens('google').signIn('a')
    const body = { model: 'm', request: { contents: [] } }
    const { text } = await ask('/v1internal:streamGenerateContent?alt=sse', { body, bearer: access })
    const events = text.split('\n').filter((line) => line.startsWith('data: '))
    expect(events.length).toBeGreaterThan(0)
    for (const event of events) expect(JSON.parse(event.slice(6))).toHaveProperty('response.candidates')
  })

  test('a limit is answered as often as it is told to', async () => {
    const { access } = issuers.tokens('claude').signIn('a')
    issuers.answerModel('claude', LIMIT_ANSWERS.claudeBusy(), 2)
    const status = async () => (await ask('/v1/messages', { body: {}, bearer: access })).status
    expect([await status(), await status(), await status()]).toEqual([429, 429, 200])
  })

  test('a scenario by its name', async () => {
    issuers.model.load({ main: 'all', after: { text: 'another' } }, 'other')
    const { access } = issuers.tokens('claude').signIn('a')
    const { text } = await ask('/s/other/v1/messages', { body: {}, bearer: access })
    expect(text).toContain('another')
  })
})

test('one certificate serves all names, by an authority of its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'issuers-'))
  try {
    const { cert, key, file } = leafCertificate(folder)
    await using secured = await startIssuers({ tls: { cert, key } })
    const ca = readFileSync(file)
    const status = await new Promise((resolve, reject) => {
      const headers = { host: 'platform.claude.com' }
      const to = { host: '127.0.0.1', port: secured.tlsPort, servername: 'platform.claude.com', ca, headers }
      request({ ...to, path: '/v1/oauth/hello' }, (answer) => resolve(answer.statusCode))
        .once('error', reject)
        .end()
    })
    expect(status).toBe(200)
    expect(secured.requests).toMatchObject([{ name: 'claude-hello', host: 'platform.claude.com', isSecured: true }])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
