import { expect, test } from 'vitest'
import { companyNetwork } from './company-network.ts'

const UNSET = { httpsProxy: null, httpProxy: null, noProxy: null, caFile: null }
const SHELL = { HTTPS_PROXY: 'http://shell.example:1', http_proxy: 'shell.example:2', NO_PROXY: 'a.example,.b.example' }

test('without settings, the variables of the shell count', () => {
  expect(companyNetwork(UNSET, SHELL)).toEqual({
    proxies: { https: 'http://shell.example:1', http: 'http://shell.example:2', direct: ['a.example', '.b.example'] },
    caFile: null,
  })
  expect(companyNetwork(UNSET, {})).toEqual({ proxies: { https: null, http: null, direct: [] }, caFile: null })
})

test('each setting wins over its variable; none is no proxy, and an empty list no host', () => {
  const settings = { httpsProxy: 'none', httpProxy: 'file.example:3', noProxy: [], caFile: '/ca.pem' }
  expect(companyNetwork(settings, SHELL)).toEqual({
    proxies: { https: null, http: 'http://file.example:3', direct: [] },
    caFile: '/ca.pem',
  })
})

test('a variable that is no proxy is an error that does not show it, and no matter where a setting decides', () => {
  const env = { HTTPS_PROXY: 'socks5://someone:pass-canary@proxy.example' }
  expect(() => companyNetwork(UNSET, env)).toThrow(
    expect.objectContaining({
      code: 'config-invalid',
      message: expect.stringMatching(/^HTTPS_PROXY: a proxy of socks5:\/\/ is not known/),
      hint: expect.stringContaining('berth config set https-proxy'),
    }),
  )
  expect(() => companyNetwork(UNSET, env)).not.toThrow(/canary/)
  expect(companyNetwork({ ...UNSET, httpsProxy: 'none' }, env).proxies.https).toBeNull()
})
