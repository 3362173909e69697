import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { directHosts } from '../domain/company-network.ts'
import { parentFor } from './parent-for.ts'

const PROXY = 'http://proxy.corp.example:3128'
const isDirect = (noProxy: string, host: string, port = 443) =>
  parentFor({ http: PROXY, https: PROXY, direct: directHosts(noProxy) }, { scheme: 'https', host, port }) === null

describe('NO_PROXY', () => {
  test.each([
    ['*', 'example.org', true],
    ['example.org', 'example.org', true],
    ['example.org', 'www.example.org', true],
    ['example.org', 'badexample.org', false],
    ['example.org', 'example.org.evil.test', false],
    ['EXAMPLE.org.', 'example.org', true],
    ['.example.org', 'www.example.org', true],
    ['.example.org', 'badexample.org', false],
    ['*.example.org', 'a.b.example.org', true],
    ['*.example.org', 'badexample.org', false],
    ['other.test, example.org', 'example.org', true],
    ['other.test example.org', 'example.org', true],
    ['.', 'example.org', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.30', false],
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.0.0.0/99', '10.1.2.3', false],
    ['10.0.0.0/', '10.1.2.3', false],
    ['10.0.0.0/8', 'example.org', false],
    ['2001:db8::1', '2001:db8::1', true],
    ['2001:DB8:0::1', '2001:db8::1', true],
    ['[2001:db8::1]', '2001:db8::1', true],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['', 'example.org', false],
  ])('%j: %s is reached directly: %s', (noProxy, host, direct) => {
    expect(isDirect(noProxy, host)).toBe(direct)
  })

  test.each([
    ['example.org:8443', 'example.org', 8443, true],
    ['example.org:8443', 'example.org', 443, false],
    ['10.1.2.3:80', '10.1.2.3', 80, true],
    ['10.1.2.3:80', '10.1.2.3', 443, false],
    ['[2001:db8::1]:443', '2001:db8::1', 443, true],
    ['[2001:db8::1]:443', '2001:db8::1', 80, false],
    ['*:22', 'example.org', 22, true],
    ['*:22', 'example.org', 443, false],
  ])('%j: %s at port %i is reached directly: %s', (noProxy, host, port, direct) => {
    expect(isDirect(noProxy, host, port)).toBe(direct)
  })
})

test.each(['localhost', 'dev.localhost', '127.0.0.1', '127.3.2.1', '::1'])('%s is never reached by a proxy', (host) => {
  expect(isDirect('', host)).toBe(true)
})

test('each scheme has its own proxy, and none where none is named', () => {
  const at = (scheme: 'http' | 'https') =>
    parentFor({ http: null, https: PROXY, direct: [] }, { scheme, host: 'example.org', port: 80 })
  expect(at('http')).toBeNull()
  expect(at('https')?.host).toBe('proxy.corp.example:3128')
})

test('whatever NO_PROXY says, a host is either reached directly or by the proxy, and a name always matches itself', () => {
  const name = fc.domain()
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6().map((one) => new URL(`http://[${one}]/`).hostname.slice(1, -1)),
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.oneof(name, address), fc.nat(65535), (noProxy, host, port) => {
      expect(isDirect(noProxy, host, port)).toBeTypeOf('boolean')
      const spelled = host.includes(':') ? `[${host}]` : host
      for (const word of [host, spelled, `${spelled}:${port}`, '*'])
        expect(isDirect(`${noProxy} ${word}`, host, port)).toBe(true)
    }),
    { seed: 14, numRuns: 500 },
  )
})
