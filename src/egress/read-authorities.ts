import { readFileSync, statSync } from 'node:fs'
import { BerthError } from '../domain/errors.ts'
import { errorMessage } from '../std/error-message.ts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const MOST_BYTES = 16 * 1024 * 1024

const textOf = (file: string): string => {
  const stat = statSync(file)
  if (!stat.isFile()) throw new Error('it is no regular file')
  if (stat.size > MOST_BYTES) throw new Error('it is larger than 16 MiB')
  return readFileSync(file, 'utf8')
}

/** The certificates of the PEM file of `ca-file`. Throws config-invalid where it holds none, or one that cannot be read. */
export const readAuthorities = (file: string): readonly string[] => {
  try {
    const certificates = textOf(file).match(CERTIFICATE) ?? []
    if (certificates.length === 0) throw new Error('it has no certificate in PEM form')
    const { X509Certificate } = process.getBuiltinModule('node:crypto')
    for (const one of certificates) new X509Certificate(one)
    return certificates
  } catch (error) {
    throw new BerthError('config-invalid', `ca-file: ${file} is no file of certificates: ${errorMessage(error)}`, {
      cause: error,
      hint: 'Name a file that has certificates in PEM form: `berth config set ca-file /PATH`.',
    })
  }
}
