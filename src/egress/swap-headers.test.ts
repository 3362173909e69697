import { describe, expect, test } from 'vitest'
import { answerHeaders, swapHeaders } from './swap-headers.ts'

const model = {
  upstream: 'https://m/v1',
  header: 'authorization-bearer',
  placeholder: 'ph',
  key: 'sk-real',
} as const

describe('swapHeaders', () => {
  test('where strangers reach the way in, nothing passes without the placeholder', () => {
    const guarded = { ...model, key: null, guarded: true }
    expect(swapHeaders(['X-A', 'b'], guarded, 'm')).toHaveProperty('refused')
    expect(swapHeaders(['Authorization', 'Bearer other'], guarded, 'm')).toHaveProperty('refused')
    expect(swapHeaders(['Authorization', 'Bearer ph'], guarded, 'm')).toHaveProperty('headers')
    expect(swapHeaders(['X-A', 'b'], { ...guarded, guarded: false }, 'm')).toHaveProperty('headers')
  })

  test.each([
    'X-Original-URL',
    'x-rewrite-url',
    'X_Original_URL',
    'X-Original-URI',
    'X-Override-URL',
    'X-HTTP-Method-Override',
    'X-HTTP-Method',
    'x_method_override',
  ])('drops %s, which some servers take for the target or method', (name) => {
    const read = swapHeaders(['Authorization', 'Bearer ph', name, '/admin'], model, 'm')
    expect(JSON.stringify(read)).not.toContain('admin')
  })

  test('sets the key and the host, and drops what ends at this hop', () => {
    const raw = [
      'Host',
      '127.0.0.1:3128',
      'Authorization',
      'Bearer ph',
      'Connection',
      'keep-alive, X-Gone',
      'x-gone',
      '1',
    ]
    const more = [
      'Transfer-Encoding',
      'chunked',
      'Proxy-Authorization',
      'x',
      'Accept-Encoding',
      'gzip',
      'X-Kept',
      'a',
      'X-Kept',
      'b',
    ]
    expect(swapHeaders([...raw, ...more], model, 'm:8443')).toEqual({
      headers: [
        'Host',
        'm:8443',
        'Accept-Encoding',
        'identity',
        'X-Kept',
        'a',
        'X-Kept',
        'b',
        'authorization',
        'Bearer sk-real',
      ],
    })
  })

  test('the bounds of the body are not for the client to tell', () => {
    const raw = ['authorization', 'bearer  ph', 'connection', 'content-length, authorization', 'content-length', '3']
    expect(swapHeaders(raw, model, 'm')).toEqual({
      headers: ['Host', 'm', 'Accept-Encoding', 'identity', 'authorization', 'Bearer sk-real'],
    })
  })

  test.each([
    [[]],
    [['authorization', 'Bearer other']],
    [['authorization', 'ph']],
    [['authorization', 'Bearer ph', 'Authorization', 'Bearer ph']],
    [['x-api-key', 'ph']],
  ])('refuses %j', (raw) => {
    expect(swapHeaders(raw, model, 'm')).toEqual({ refused: expect.stringContaining('authorization') })
  })

  test('other headers that carry a key', () => {
    const other = { ...model, header: 'x-api-key' } as const
    expect(swapHeaders(['X-API-Key', 'ph'], other, 'm')).toMatchObject({
      headers: expect.arrayContaining(['x-api-key', 'sk-real']),
    })
  })

  test('without a key the placeholder is taken out, and nothing else passes for one', () => {
    const keyless = { ...model, key: null }
    const bare = { headers: ['Host', 'm', 'Accept-Encoding', 'identity'] }
    expect(swapHeaders(['authorization', 'Bearer ph'], keyless, 'm')).toEqual(bare)
    expect(swapHeaders([], keyless, 'm')).toEqual(bare)
    expect(swapHeaders(['authorization', 'Bearer own'], keyless, 'm')).toHaveProperty('refused')
  })
})

test('answerHeaders keeps all but the hop, with the key masked', () => {
  const redact = (text: string) => text.replaceAll('sk-real', '***')
  expect(
    answerHeaders(['Connection', 'close', 'Set-Cookie', 'a', 'Set-Cookie', 'b', 'X-Echo', 'Bearer sk-real'], redact),
  ).toEqual(['Set-Cookie', 'a', 'Set-Cookie', 'b', 'X-Echo', 'Bearer ***'])
})

describe('a login', () => {
  const login = { ...model, headers: { 'chatgpt-account-id': 'real' } }

  test("sets its headers in place of the container's own, in any spelling", () => {
    const own = ['ChatGPT-Account-Id', 'forged', 'chatgpt_account_id', 'forged', 'X-Kept', 'a']
    expect(swapHeaders(['Authorization', 'Bearer ph', ...own], login, 'm')).toEqual({
      headers: [
        ...['Host', 'm', 'Accept-Encoding', 'identity', 'X-Kept', 'a'],
        ...['authorization', 'Bearer sk-real', 'chatgpt-account-id', 'real'],
      ],
    })
  })

  test('a key in another header does not go along', () => {
    const read = swapHeaders(['Authorization', 'Bearer ph', 'x-api-key', 'own', 'X-Goog-Api-Key', 'own'], login, 'm')
    expect(JSON.stringify(read)).not.toContain('own')
  })
})
