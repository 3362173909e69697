import { describe, expect, it } from 'vitest'
import { proxyEnvironment } from './proxy-environment.ts'

const PLACE = { port: 3128, socket: '/run/berth/gateway.sock' }

describe('the environment of a sandbox', () => {
  it('names the proxy in both spellings, and leaves the loopback out of it', () => {
    const env = proxyEnvironment(PLACE)
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy'])
      expect(env[name]).toBe('http://127.0.0.1:3128')
    for (const name of ['NO_PROXY', 'no_proxy'])
      expect(env[name]?.split(',')).toEqual(['127.0.0.1', 'localhost', '::1', '[::1]'])
  })

  it('names the bundle to each tool', () => {
    const env = proxyEnvironment({ port: 9, socket: '/g/gateway.sock' })
    const names = ['SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'GIT_SSL_CAINFO', 'NODE_EXTRA_CA_CERTS', 'PIP_CERT']
    for (const name of names) expect(env[name]).toBe('/g/ca.pem')
    expect(env).toMatchObject({ WGETRC: '/g/wgetrc', APT_CONFIG: '/g/apt.conf' })
    expect(env['JAVA_TOOL_OPTIONS']).toContain('-Dhttps.proxyPort=9 -Djavax.net.ssl.trustStore=/g/ca.jks ')
  })

  it('leaves what the user gives to the user, in either spelling', () => {
    const env = proxyEnvironment(PLACE, ['no_proxy', 'HTTPS_PROXY', 'JAVA_TOOL_OPTIONS', 'OTHER'])
    const all = Object.keys(proxyEnvironment(PLACE))
    const gone = ['HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy', 'JAVA_TOOL_OPTIONS']
    expect(Object.keys(env)).toEqual(all.filter((name) => !gone.includes(name)))
  })
})
