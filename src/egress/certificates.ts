// The library registers its algorithms by decorators, which need this first.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' }
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' }
/** The longest common name that X.509 allows. */
const LONGEST_NAME = 64

export type Validity = { readonly notBefore: Date; readonly notAfter: Date }

export type Certificates = {
  /** PEM of the authority's own certificate. */
  readonly certificate: string
  /** PEM of the private key of every host's certificate. */
  readonly hostKey: string
  /** Signs a certificate for a name or an address; gives it as PEM. */
  forHost(host: string, validity: Validity): Promise<string>
}

const newKeys = async () =>
  (await webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair

const keyPem = async (key: webcrypto.CryptoKey): Promise<string> => {
  const base64 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64')
  return `-----BEGIN PRIVATE KEY-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END PRIVATE KEY-----\n`
}

const nameOf = (text: string) => [{ O: ['Berth'] }, { CN: [text.slice(0, LONGEST_NAME)] }]

const hostExtensions = async (host: string, subject: webcrypto.CryptoKeyPair, issuer: webcrypto.CryptoKeyPair) => [
  new SubjectAlternativeNameExtension([{ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }]),
  new BasicConstraintsExtension(false, undefined, true),
  new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
  new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
  await SubjectKeyIdentifierExtension.create(subject.publicKey),
  await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
]

/** Makes an authority of this name. Its private key exists in this process only and is never exported. */
export const certificates = async (name: string, validity: Validity): Promise<Certificates> => {
  const [authority, hosts] = await Promise.all([newKeys(), newKeys()])
  const own = await X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: nameOf(name),
    keys: authority,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(authority.publicKey),
    ],
  })
  return {
    certificate: `${own.toString('pem')}\n`,
    hostKey: await keyPem(hosts.privateKey),
    forHost: async (host, validity) => {
      const made = await X509CertificateGenerator.create({
        ...validity,
        subject: nameOf(host),
        issuer: own.subjectName,
        publicKey: hosts.publicKey,
        signingKey: authority.privateKey,
        signingAlgorithm: SIGNATURE,
        extensions: await hostExtensions(host, hosts, authority),
      })
      return made.toString('pem')
    },
  }
}
