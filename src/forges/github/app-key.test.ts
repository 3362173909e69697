import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { appKey } from './app-key.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const pem = (type: 'pkcs1' | 'pkcs8') => rsa.privateKey.export({ type, format: 'pem' }).toString()
const encrypted = (type: 'pkcs1' | 'pkcs8') =>
  rsa.privateKey.export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'canary' }).toString()

const openSsh = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-key-'))
  try {
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-N', '', '-f', join(folder, 'key')])
    return readFileSync(join(folder, 'key'), 'utf8')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test.each([
  ['PKCS#1', pem('pkcs1')],
  ['PKCS#8', pem('pkcs8')],
  ['PKCS#1 with the line ends of Windows', pem('pkcs1').replaceAll('\n', '\r\n')],
  ['PKCS#1 in one line of a variable', pem('pkcs1').trim().replaceAll('\n', '\\n')],
  ['PKCS#1 without its last line end, behind spaces', `  ${pem('pkcs1').trim()}`],
])('S4-26: the private key is loaded: %s', (_, text) => {
  expect(appKey(text, '/key.pem')).toBe(pem('pkcs8'))
})

test.each([
  ['EC', ec.export({ type: 'sec1', format: 'pem' }).toString(), 'is an EC key: GitHub signs with RSA'],
  ['EC in PKCS#8', ec.export({ type: 'pkcs8', format: 'pem' }).toString(), 'is of the type ec: GitHub signs with RSA'],
  ['OpenSSH', openSsh(), 'is an OpenSSH key: GitHub gives an RSA key in PEM form'],
  ['nothing', ' \n', 'is empty'],
  ['encrypted', encrypted('pkcs8'), 'is encrypted with a passphrase'],
  ['encrypted PKCS#1', encrypted('pkcs1'), 'is encrypted with a passphrase'],
  ['a public key', rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'is a public key'],
  ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n', 'is a certificate'],
  ['a token', 'ghp_canary', 'is not a key in PEM form'],
  ['half of the file', pem('pkcs1').slice(0, 800), 'is damaged'],
  ['other bytes', pem('pkcs1').replace(/MII.{40}/, 'MIIE'), 'is damaged'],
])('S4-26: the wrong type of key is explained: %s', (_, text, words) => {
  let error: unknown
  try {
    appKey(text, '/key.pem')
  } catch (caught) {
    error = caught
  }
  expect(error).toMatchObject({ code: 'app-key', message: expect.stringContaining(words) })
  const { message } = error as Error
  expect(message).toContain('/key.pem')
  // Nothing of what the file holds.
  const pieces = text.split('\n').filter((line) => line.length > 20 && !line.startsWith('---'))
  expect(pieces.filter((piece) => message.includes(piece))).toEqual([])
  expect(message).not.toContain('canary')
})
