import { expect, test } from 'vitest'
import { parseProxy, proxyVariable } from './company-network.ts'

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

test('takes the variable in lower case before the other, and no empty one', () => {
  const env = {
    HTTPS_PROXY: 'http://upper.example:1',
    https_proxy: 'http://lower.example:2',
    HTTP_PROXY: 'http://upper.example:3',
    http_proxy: '',
  }
  expect(proxyVariable(env, 'https_proxy')).toEqual({ ok: true, value: 'http://lower.example:2' })
  expect(proxyVariable(env, 'http_proxy')).toEqual({ ok: true, value: 'http://upper.example:3' })
  expect(proxyVariable({}, 'http_proxy')).toEqual({ ok: true, value: null })
})

test('names the variable that holds no proxy', () => {
  expect(proxyVariable({ HTTPS_PROXY: 'socks5://proxy.example' }, 'https_proxy')).toEqual({
    ok: false,
    error:
      'HTTPS_PROXY: a proxy of socks5:// is not known; expected the URL of an http or https proxy, like http://proxy.example:3128',
  })
})
