import { expect, test } from 'vitest'
import { parentProxies, parseProxy } from './company-network.ts'

test.each([
  ['http://proxy.example:3128', 'http://proxy.example:3128'],
  ['proxy.example:3128', 'http://proxy.example:3128'],
  ['https://Proxy.example/', 'https://proxy.example'],
  ['http://us%40er:p%3Ass@proxy.example:80', 'http://us%40er:p%3Ass@proxy.example'],
  ['user@10.0.0.1:3128', 'http://user:@10.0.0.1:3128'],
  ['http://[fd00::1]:3128', 'http://[fd00::1]:3128'],
])('reads the proxy %s', (text, url) => {
  expect(parseProxy(text)).toEqual({ ok: true, value: url })
})

test.each([
  'socks5://user:hunter22@proxy.example',
  'http://user:hunter22@',
  'http://user:hunter22@pro xy',
  '://hunter22',
])('refuses %s, and does not show it', (text) => {
  const result = parseProxy(text)
  expect(result).toMatchObject({ ok: false, error: expect.stringContaining('http://proxy.example:3128') })
  expect(JSON.stringify(result)).not.toContain('hunter22')
})

test('takes the variables in both spellings, those in lower case first, and no empty ones', () => {
  const env = {
    HTTPS_PROXY: 'http://upper.example:1',
    https_proxy: 'http://lower.example:2',
    HTTP_PROXY: 'http://upper.example:3',
    http_proxy: '',
    NO_PROXY: 'a.example, .b.example 10.0.0.0/8',
  }
  expect(parentProxies(env)).toEqual({
    ok: true,
    value: {
      https: 'http://lower.example:2',
      http: 'http://upper.example:3',
      direct: ['a.example', '.b.example', '10.0.0.0/8'],
    },
  })
  expect(parentProxies({})).toEqual({ ok: true, value: { http: null, https: null, direct: [] } })
})

test('names the variable that holds no proxy', () => {
  expect(parentProxies({ HTTPS_PROXY: 'socks5://proxy.example' })).toEqual({
    ok: false,
    error:
      'HTTPS_PROXY: a proxy of socks5:// is not known; expected the URL of an http or https proxy, like http://proxy.example:3128',
  })
})
