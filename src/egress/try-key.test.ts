import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NO_COMPANY } from '../domain/company-network.ts'
import { tryKey } from './try-key.ts'

const KEY = 'sk-canary-of-the-try'
const seen: Record<string, unknown>[] = []
const server = createServer((request, response) => {
  seen.push(request.headers)
  const status = Number(request.url?.slice(1))
  response.writeHead(status, status === 302 ? { location: '/200' } : {}).end('[]')
})
let url = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

const ask = (path: string, header: 'authorization-bearer' | 'x-api-key' | 'x-goog-api-key' = 'x-goog-api-key') =>
  tryKey()({ url: `${url}${path}`, header, key: KEY, company: NO_COMPANY }, AbortSignal.timeout(5000))

test.each([
  [200, 'accepted'],
  [400, 'refused'],
  [401, 'refused'],
  [403, 'refused'],
  [404, 'unknown'],
  [302, 'unknown'],
  [500, 'unknown'],
] as const)('%i: %s', async (status, verdict) => {
  expect(await ask(`/${status}`)).toEqual({ verdict, detail: expect.stringContaining(`/${status} answered ${status}`) })
})

test.each([
  ['authorization-bearer', { authorization: `Bearer ${KEY}` }],
  ['x-api-key', { 'x-api-key': KEY, 'anthropic-version': '2023-06-01' }],
  ['x-goog-api-key', { 'x-goog-api-key': KEY }],
] as const)('the key travels as %s', async (header, headers) => {
  await ask('/200', header)
  expect(seen.at(-1)).toMatchObject(headers)
})

test('who cannot be asked says why, without the key', async () => {
  const nobody = await tryKey()(
    { url: 'http://127.0.0.1:9/v1', header: 'x-api-key', key: KEY, company: NO_COMPANY },
    AbortSignal.timeout(5000),
  )
  expect(nobody).toEqual({ verdict: 'unknown', detail: 'http://127.0.0.1:9/v1 could not be asked: ECONNREFUSED' })
  const odd = await tryKey()(
    { url: `${url}/200`, header: 'x-api-key', key: `${KEY}\u2603`, company: NO_COMPANY },
    AbortSignal.timeout(5000),
  )
  expect(odd).toEqual({ verdict: 'unknown', detail: `${url}/200 could not be asked: ERR_INVALID_CHAR` })
  const stopped = await tryKey()(
    { url: `${url}/200`, header: 'x-api-key', key: KEY, company: NO_COMPANY },
    AbortSignal.abort(),
  )
  expect(stopped).toMatchObject({ verdict: 'unknown', detail: expect.not.stringContaining(KEY) })
})
