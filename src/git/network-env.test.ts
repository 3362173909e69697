import { expect, test } from 'vitest'
import { networkEnv } from './network-env.ts'

const CALLER = { HOME: '/home/ada', HTTPS_PROXY: 'http://old:1', https_proxy: 'http://old:2', NO_PROXY: '*' }

test('the proxies of the network take the place of those of the caller', () => {
  const proxies = { http: null, https: 'http://new:3', direct: ['*.corp.example', '.b.example', '10.0.0.0/8'] }
  expect(networkEnv(CALLER, { proxies, caFile: null })).toEqual({
    HOME: '/home/ada',
    https_proxy: 'http://new:3',
    no_proxy: '.corp.example,.b.example,10.0.0.0/8,localhost,127.0.0.0/8,127.0.0.1,::1',
  })
})

test('without a proxy there is no variable of one', () => {
  const proxies = { http: null, https: null, direct: ['a.example'] }
  expect(networkEnv(CALLER, { proxies, caFile: null })).toEqual({ HOME: '/home/ada' })
})

test('the authorities are for servers and proxies, unless the caller names others to git', () => {
  const proxies = { http: null, https: null, direct: [] }
  expect(networkEnv({ GIT_SSL_CAINFO: '/mine.pem' }, { proxies, caFile: '/company.pem' })).toEqual({
    GIT_SSL_CAINFO: '/mine.pem',
    GIT_PROXY_SSL_CAINFO: '/company.pem',
  })
})
