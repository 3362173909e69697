import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { certificate } from '../../test/fixtures/certificate.ts'
import { makeAuthority } from './authority.ts'
import { hostAuthorities } from './host-authorities.ts'
import { javaCertificates, javaTruststore } from './java-truststore.ts'
import { trustFiles } from './trust-files.ts'

const root = mkdtempSync(join(tmpdir(), 'trust-'))
let folder = ''
let host: readonly string[] = []
let own = ''
let task = ''
beforeAll(async () => {
  host = ['one', 'two'].map((name) => certificate(root, name).cert.trim())
  own = certificate(root, 'own').cert
  task = (await makeAuthority('t-1')).certificate
})
beforeEach(() => {
  folder = mkdtempSync(join(root, 'folder-'))
})
afterAll(() => rmSync(root, { recursive: true }))

const pemsIn = (text: string) => text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
const bundle = () => pemsIn(readFileSync(join(folder, 'ca.pem'), 'utf8'))
const lines = (pem: string) => pem.trim()

/** The certificates of a truststore, read by the format's description. */
const certificatesIn = (bytes: Buffer): readonly Buffer[] => {
  const body = bytes.subarray(0, -20)
  const salted = Buffer.concat([Buffer.from('changeit', 'utf16le').swap16(), Buffer.from('Mighty Aphrodite'), body])
  expect(bytes.subarray(-20)).toEqual(createHash('sha1').update(salted).digest())
  expect([body.readUInt32BE(0), body.readUInt32BE(4)]).toEqual([0xfeedfeed, 2])
  const found: Buffer[] = []
  let at = 12
  const word = () => {
    const length = body.readUInt16BE(at)
    at += 2 + length
    return body.toString('utf8', at - length, at)
  }
  while (at < body.length) {
    expect(body.readUInt32BE(at)).toBe(2)
    at += 4
    expect(word()).toBe(`berth-${found.length}`)
    at += 8
    expect(word()).toBe('X.509')
    const length = body.readUInt32BE(at)
    at += 4 + length
    found.push(body.subarray(at - length, at))
  }
  expect(found).toHaveLength(body.readUInt32BE(8))
  return found
}

describe('the files that tell a sandbox whom to trust', () => {
  it('hold the authorities of the host, of the caller and of the task, each once', () => {
    trustFiles(() => host).write(folder, [`${own}${host[0]}\n`, task])
    expect(bundle()).toEqual([...host, lines(own), lines(task)])
    const java = certificatesIn(readFileSync(join(folder, 'ca.jks')))
    expect(java).toEqual(bundle().map((pem) => new X509Certificate(pem).raw))
  })

  it('hold the host alone where there is nothing else', () => {
    const files = trustFiles(() => host)
    files.write(folder, [task])
    files.write(folder, [])
    expect(bundle()).toEqual(host)
  })

  it('name the bundle to wget and apt, as the sandbox sees it', () => {
    trustFiles(() => host).write(folder, [])
    const text = (name: string) => readFileSync(join(folder, name), 'utf8')
    expect(text('wgetrc')).toBe('ca_certificate = /run/berth/ca.pem\n')
    expect(text('apt.conf')).toBe('Acquire::https::CAInfo "/run/berth/ca.pem";\n')
  })

  it('can be read by everybody, and leave no other file', () => {
    const before = process.umask(0o077)
    try {
      trustFiles(() => host).write(folder, [])
    } finally {
      process.umask(before)
    }
    expect(readdirSync(folder).sort()).toEqual(['apt.conf', 'ca.jks', 'ca.pem', 'wgetrc'])
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o644)
  })

  it('are replaced: a program that reads one has the whole of it', () => {
    const files = trustFiles(() => host)
    files.write(folder, [])
    const before = statSync(join(folder, 'ca.pem'))
    files.write(folder, [task])
    expect(statSync(join(folder, 'ca.pem')).ino).not.toBe(before.ino)
    expect(bundle()).toContain(lines(task))
  })

  it('are not left half where the folder cannot take them', () => {
    expect(() => trustFiles(() => host).write(join(folder, 'gone'), [])).toThrow(/ENOENT/)
    expect(readdirSync(folder)).toEqual([])
  })

  it('name each authority of this host once', () => {
    const keys = hostAuthorities().map((pem) => new X509Certificate(pem).fingerprint256)
    expect(keys.length).toBeGreaterThan(0)
    expect(new Set(keys).size).toBe(keys.length)
  })
})

describe('a truststore for Java', () => {
  it('leaves out a key that Java cannot read, which would cost the whole file', () => {
    const foreign = certificate(root, 'foreign', ['IP:127.0.0.1'], 'brainpoolP256r1').cert
    expect(certificatesIn(javaTruststore(javaCertificates([foreign, own])))).toEqual([new X509Certificate(own).raw])
  })
})
