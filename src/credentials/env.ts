import { BerthError } from '../domain/errors.ts'
import type { CredentialSource } from './credential.ts'

/** `env:NAME`: a variable of the shell that the request came from. */
export const env: CredentialSource = {
  scheme: 'env',
  resolve: async (name, callerEnv) => {
    const value = (Object.hasOwn(callerEnv, name) ? (callerEnv[name] ?? '') : '').trim()
    if (value === '')
      throw new BerthError('no-credentials', `the credential env:${name} is missing: ${name} is not set in this shell`)
    return value
  },
}
