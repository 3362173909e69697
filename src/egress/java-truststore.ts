import { createHash, X509Certificate } from 'node:crypto'

/** What no password protects is only checked against accidents; Java does not check it unless somebody gives a password. */
const PASSWORD = 'changeit'
const MAGIC = 0xfeedfeed
const VERSION = 2
const TRUSTED = 2
/** A key on another curve makes Java refuse the whole file. */
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1']

const isReadable = ({ publicKey }: X509Certificate): boolean => {
  if (publicKey.asymmetricKeyType === 'rsa') return true
  return publicKey.asymmetricKeyType === 'ec' && CURVES.includes(publicKey.asymmetricKeyDetails?.namedCurve ?? '')
}

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const text = (value: string): Buffer => {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(Buffer.byteLength(value))
  return Buffer.concat([length, Buffer.from(value)])
}

const NO_DATE = Buffer.alloc(8)

const entry = (certificate: Buffer, index: number): readonly Buffer[] => [
  number(TRUSTED),
  text(`berth-${index}`),
  NO_DATE,
  text('X.509'),
  number(certificate.length),
  certificate,
]

/** Those of these authorities, given as PEM, that Java can read: as it has them in a truststore. */
export const javaCertificates = (authorities: readonly string[]): readonly Buffer[] =>
  authorities
    .map((pem) => new X509Certificate(pem))
    .filter(isReadable)
    .map(({ raw }) => raw)

/** A truststore in Java's format JKS with these certificates. Java reads it without a password. */
export const javaTruststore = (certificates: readonly Buffer[]): Buffer => {
  const head = [number(MAGIC), number(VERSION), number(certificates.length)]
  const body = Buffer.concat([...head, ...certificates.flatMap(entry)])
  const password = Buffer.from(PASSWORD, 'utf16le').swap16()
  const digest = createHash('sha1').update(password).update('Mighty Aphrodite').update(body).digest()
  return Buffer.concat([body, digest])
}
