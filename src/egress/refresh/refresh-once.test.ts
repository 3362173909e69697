import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NO_COMPANY } from '../../domain/company-network.ts'
import { loginVersion } from '../../domain/login-version.ts'
import { fileLock } from '../../std/file-lock.ts'
import type { RefreshOrder } from './protocol.ts'
import { refreshOnce } from './refresh-once.ts'

const LOGIN = { access: 'at-1', refresh: 'rt-1' }
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-refresh-'))
  writeFileSync(join(folder, 'login.json'), JSON.stringify(LOGIN), { mode: 0o600 })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

type Asked = { readonly path: string; readonly type: string; readonly body: string }

const issuer = async (status: number, answer: string) => {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push({ path: request.url ?? '', type: request.headers['content-type'] ?? '', body })
      response.writeHead(status, { 'content-type': 'application/json' }).end(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/oauth/token`
  return { asked, url, [Symbol.dispose]: () => void server.close() }
}

const order = (url: string, rest: Partial<RefreshOrder> = {}): RefreshOrder => ({
  folder,
  version: loginVersion(LOGIN),
  url,
  type: 'json',
  body: { grant_type: 'refresh_token', refresh_token: 'rt-1' },
  company: NO_COMPANY,
  ...rest,
})
const answerFile = () => JSON.parse(readFileSync(join(folder, 'answer.json'), 'utf8'))

const run = async (asked: RefreshOrder) => {
  const said: string[] = []
  await refreshOnce(asked, (word) => void said.push(word)).catch((error: Error) => said.push(`failed ${error.message}`))
  return said
}

describe('refreshOnce', () => {
  test('asks in JSON, and puts the answer on the disk before the last word', async () => {
    using server = await issuer(200, '{"access_token":"at-2","refresh_token":"rt-2"}')
    const files: string[][] = []
    await refreshOnce(
      order(server.url),
      () => void files.push(readdirSync(folder).filter((name) => name.endsWith('json'))),
    )
    expect(files).toEqual([['login.json'], ['login.json'], ['answer.json', 'login.json']])
    expect(server.asked).toEqual([
      {
        path: '/oauth/token',
        type: 'application/json',
        body: '{"grant_type":"refresh_token","refresh_token":"rt-1"}',
      },
    ])
    expect(answerFile()).toMatchObject({
      v: 1,
      version: loginVersion(LOGIN),
      status: 200,
      body: { access_token: 'at-2', refresh_token: 'rt-2' },
    })
    expect(statSync(join(folder, 'answer.json')).mode & 0o777).toBe(0o600)
  })

  test('asks as a form where the issuer takes one', async () => {
    using server = await issuer(200, '{"access_token":"at-2"}')
    await run(order(server.url, { type: 'form', body: { refresh_token: 'rt&1', client_id: 'c' } }))
    expect(server.asked).toMatchObject([
      { type: 'application/x-www-form-urlencoded', body: 'refresh_token=rt%261&client_id=c' },
    ])
  })

  test('asks for no tokens twice, also before anybody took the answer', async () => {
    using server = await issuer(200, '{"access_token":"at-2"}')
    expect(await run(order(server.url))).toEqual(['asked', 'answered', 'stored'])
    expect(await run(order(server.url))).toEqual(['stored'])
    rmSync(join(folder, 'answer.json'))
    writeFileSync(join(folder, 'login.json'), JSON.stringify({ access: 'at-2', refresh: 'rt-1' }), { mode: 0o600 })
    expect(await run(order(server.url))).toEqual(['stored'])
    expect(server.asked).toHaveLength(1)
  })

  test('asks nothing for a login that was removed', async () => {
    using server = await issuer(200, '{}')
    rmSync(join(folder, 'login.json'))
    expect(await run(order(server.url))).toEqual(['stored'])
    expect(server.asked).toEqual([])
  })

  test('of many at once one asks', async () => {
    using server = await issuer(200, '{"access_token":"at-2"}')
    const said = await Promise.all(Array.from({ length: 8 }, () => run(order(server.url))))
    expect(server.asked).toHaveLength(1)
    expect(said.filter(([first]) => first === 'asked')).toHaveLength(1)
    expect(said.every((words) => words.at(-1) === 'stored')).toBe(true)
  })

  test('waits for the lock of another one', async () => {
    using server = await issuer(200, '{"access_token":"at-2"}')
    const lock = fileLock(join(folder, 'lock'))
    const done = run(order(server.url))
    expect(server.asked).toEqual([])
    lock?.[Symbol.dispose]()
    expect(await done).toEqual(['asked', 'answered', 'stored'])
  })

  test.each([
    [400, '{"error":"invalid_grant"}'],
    [401, '{"error":{"code":"refresh_token_reused","message":"already used"}}'],
  ])('keeps a refusal: %i %s', async (status, answer) => {
    using server = await issuer(status, answer)
    expect(await run(order(server.url))).toEqual(['asked', 'answered', 'stored'])
    expect(answerFile()).toMatchObject({ status, body: JSON.parse(answer) })
  })

  test.each([
    [500, '{"error":"internal"}'],
    [503, 'busy'],
    [429, '{"error":"slow down"}'],
    [403, '<html>blocked by a proxy</html>'],
    [200, '<html>log in to the wifi</html>'],
    [302, ''],
  ])('leaves the login as it is at an answer that may pass: %i %s', async (status, answer) => {
    using server = await issuer(status, answer)
    const { host } = new URL(server.url)
    expect(await run(order(server.url))).toEqual(['asked', `failed ${host} answered ${status}`])
    expect(readdirSync(folder)).not.toContain('answer.json')
  })

  test('leaves the login as it is where nobody listens', async () => {
    const server = await issuer(200, '{}')
    server[Symbol.dispose]()
    expect(await run(order(server.url))).toEqual(['asked', expect.stringContaining('ECONNREFUSED')])
    expect(readdirSync(folder)).not.toContain('answer.json')
  })
})
