import { BerthError } from '../domain/errors.ts'
import type { CallerEnv, CredentialReference, CredentialSource } from './credential.ts'

/** Reads `SCHEME:NAME`; undefined for anything else. */
export const parseReference = (text: string): CredentialReference | undefined => {
  const match = /^([a-z]+):(.+)$/s.exec(text)
  return match === null ? undefined : { scheme: match[1] as string, name: match[2] as string }
}

/** The secret behind a reference. Rejects with `no-credentials`; a text that is not a reference may be the key itself, so the error does not show it. */
export const resolveCredential = async (
  reference: string,
  sources: readonly CredentialSource[],
  callerEnv: CallerEnv,
): Promise<string> => {
  const parsed = parseReference(reference)
  const source = sources.find((one) => one.scheme === parsed?.scheme)
  if (parsed === undefined || source === undefined) {
    const known = sources.map((one) => `${one.scheme}:NAME`).join(' or ')
    throw new BerthError('no-credentials', `a credential is not a reference: write ${known}`)
  }
  return await source.resolve(parsed.name, callerEnv)
}
