import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { duplexPair } from 'node:stream'
import { connect, type SecureContext, TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Authority, makeAuthority } from './authority.ts'

const DAY_MS = 86_400_000

const folder = mkdtempSync(join(tmpdir(), 'authority-'))
let first: Authority
let second: Authority
beforeAll(async () => {
  ;[first, second] = await Promise.all([makeAuthority('t-one'), makeAuthority('t-two')])
})
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Lets a client that trusts `ca` alone ask a server for `host`. Resolves with the certificate that the client accepted. */
const handshake = async (context: SecureContext, host: string, ca: string): Promise<X509Certificate> => {
  const [near, far] = duplexPair()
  const server = new TLSSocket(far, { isServer: true, secureContext: context }).on('error', () => {})
  const name = isIP(host) === 0 ? { servername: host } : { host }
  const client = connect({ socket: near, ca, ...name })
  try {
    await new Promise((resolve, reject) => client.once('secureConnect', resolve).once('error', reject))
    const accepted = client.getPeerX509Certificate()
    if (accepted === undefined) throw new Error('the server sent no certificate')
    return accepted
  } finally {
    client.destroy()
    server.destroy()
  }
}

/** Whether a certificate is valid so many days from now. */
const isValid = ({ validFromDate, validToDate }: X509Certificate, days: number): boolean => {
  const then = Date.now() + days * DAY_MS
  return validFromDate.getTime() < then && then < validToDate.getTime()
}

const LONG = `${'a'.repeat(63)}.${'b'.repeat(63)}.example.org`

describe('a certificate for a host', () => {
  it.each(['example.org', 'xn--bcher-kva.example', LONG, '203.0.113.7', '2001:db8::7', '::1'])(
    'is accepted for %s',
    async (host) => {
      const accepted = await handshake(await first.contextFor(host), host, first.certificate)
      expect(accepted.subjectAltName).toMatch(isIP(host) === 0 ? /^DNS:/ : /^IP Address:/)
    },
  )

  it('holds for openssl in its strictest mode, with a validity that clients accept', async () => {
    const accepted = await handshake(await first.contextFor('example.org'), 'example.org', first.certificate)
    const [own, leaf] = [join(folder, 'own.pem'), join(folder, 'leaf.pem')]
    writeFileSync(own, first.certificate)
    writeFileSync(leaf, accepted.toString())
    const strict = ['-x509_strict', '-check_ss_sig', '-purpose', 'sslserver', '-verify_hostname', 'example.org']
    const said = execFileSync('openssl', ['verify', ...strict, '-CAfile', own, leaf], { encoding: 'utf8' })
    expect(said).toBe(`${leaf}: OK\n`)
    const days = (accepted.validToDate.getTime() - accepted.validFromDate.getTime()) / DAY_MS
    expect(days).toBeGreaterThan(300)
    expect(days).toBeLessThan(398)
    expect(isValid(accepted, -0.5)).toBe(true)
  })

  it.each([
    ['another name', 'example.org', 'example.com'],
    ['a name below it', 'example.org', 'www.example.org'],
    ['a name for an address', '203.0.113.7', 'example.org'],
    ['another address', '203.0.113.7', '203.0.113.8'],
  ])('is refused for %s', async (_, host, asked) => {
    const refused = handshake(await first.contextFor(host), asked, first.certificate)
    await expect(refused).rejects.toThrow(expect.objectContaining({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }))
  })

  it('is refused where another task runs', async () => {
    const refused = handshake(await first.contextFor('example.org'), 'example.org', second.certificate)
    await expect(refused).rejects.toThrow(/unable to verify|self-signed|signature/)
  })

  it('is made once, also for callers at the same time', async () => {
    const [one, two] = await Promise.all([first.contextFor('once.example.org'), first.contextFor('once.example.org')])
    expect(one).toBe(two)
    expect(await first.contextFor('once.example.org')).toBe(one)
  })

  it('is made again before it expires', async () => {
    const before = await first.contextFor('late.example.org')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 362 * DAY_MS })
    expect(await first.contextFor('late.example.org')).toBe(before)
    vi.setSystemTime(Date.now() + 2 * DAY_MS)
    expect(await first.contextFor('late.example.org')).not.toBe(before)
  })

  it('is forgotten where many others were asked for since', async () => {
    const [used, unused] = await Promise.all(['used', 'unused'].map((name) => first.contextFor(`${name}.example.org`)))
    for (let i = 0; i < 64; i++) {
      await first.contextFor(`${i}.example.org`)
      await first.contextFor('used.example.org')
    }
    expect(await first.contextFor('used.example.org')).toBe(used)
    expect(await first.contextFor('unused.example.org')).not.toBe(unused)
  })

  it('is tried again after a failure', async () => {
    vi.spyOn(crypto.subtle, 'sign').mockRejectedValueOnce(new Error('no signature'))
    await expect(first.contextFor('retry.example.org')).rejects.toThrow('no signature')
    await expect(first.contextFor('retry.example.org')).resolves.toBeDefined()
  })
})

describe('the authority of a task', () => {
  it('names Berth and the task, outlives the task and signs hosts only', () => {
    const own = new X509Certificate(first.certificate)
    expect(own.subject).toBe('O=Berth\nCN=Berth task t-one')
    expect(own.ca).toBe(true)
    expect(own.checkIssued(own)).toBe(true)
    expect(isValid(own, -0.5)).toBe(true)
    expect(isValid(own, 1000)).toBe(true)
    expect(own.toLegacyObject().ext_key_usage).toBeUndefined()
  })

  it('may have a task with a long name', async () => {
    const { certificate } = await makeAuthority('t'.repeat(100))
    expect(new X509Certificate(certificate).subject).toContain('CN=Berth task ttt')
  })
})
