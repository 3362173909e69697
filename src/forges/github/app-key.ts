import { createPrivateKey, type KeyObject } from 'node:crypto'
import { BerthError } from '../../domain/errors.ts'

const wrong = (place: string, why: string, cause?: unknown) =>
  new BerthError('app-key', `the private key of the GitHub App (${place}) ${why}`, cause === undefined ? {} : { cause })

const TELLING: readonly (readonly [RegExp, string])[] = [
  [/BEGIN OPENSSH PRIVATE KEY/, 'is an OpenSSH key: GitHub gives an RSA key in PEM form'],
  [/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/, 'is encrypted with a passphrase: Berth takes a plain PEM key'],
  [/BEGIN EC PRIVATE KEY/, 'is an EC key: GitHub signs with RSA'],
  [/BEGIN (RSA )?PUBLIC KEY/, 'is a public key: the private one is needed'],
  [/BEGIN CERTIFICATE/, 'is a certificate: the private key is needed'],
]

const parsed = (pem: string, place: string): KeyObject => {
  try {
    return createPrivateKey(pem)
  } catch (error) {
    throw wrong(place, 'is damaged: its PEM cannot be read', error)
  }
}

/** An App's private key as GitHub gives it (PKCS#1), or PKCS#8, in the form that the signer wants. Throws app-key. */
export const appKey = (text: string, place: string): string => {
  // In a variable the lines are often written in one.
  const pem = text.trim().replaceAll('\\n', '\n')
  if (pem === '') throw wrong(place, 'is empty')
  const known = TELLING.find(([mark]) => mark.test(pem))
  if (known !== undefined) throw wrong(place, known[1])
  if (!/-----BEGIN (RSA )?PRIVATE KEY-----/.test(pem)) throw wrong(place, 'is not a key in PEM form')
  const key = parsed(pem, place)
  const type = key.asymmetricKeyType ?? 'unknown'
  if (type !== 'rsa') throw wrong(place, `is of the type ${type}: GitHub signs with RSA`)
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
