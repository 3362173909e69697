import { BerthError } from '../domain/errors.ts'
import type { CredentialSource } from './credential.ts'

const value: CredentialSource['text'] = async (name, callerEnv) => {
  const found = (Object.hasOwn(callerEnv, name) ? (callerEnv[name] ?? '') : '').trim()
  if (found === '')
    throw new BerthError('no-credentials', `the credential env:${name} is missing: ${name} is not set in this shell`)
  return found
}

/** `env:NAME`: a variable of the shell that the request came from. */
export const env: CredentialSource = { scheme: 'env', resolve: value, text: value }
