import { BerthError } from '../domain/errors.ts'
import type { CallerEnv, CredentialReference, CredentialSource } from './credential.ts'

/** Reads `SCHEME:NAME`; undefined for anything else. */
export const parseReference = (text: string): CredentialReference | undefined => {
  const match = /^([a-z]+):(.+)$/s.exec(text)
  return match === null ? undefined : { scheme: match[1] as string, name: match[2] as string }
}

/** The place that a reference names. A text that is not a reference may be the key itself, so the error does not show it. */
const placeOf = (reference: string, sources: readonly CredentialSource[]) => {
  const parsed = parseReference(reference)
  const source = sources.find((one) => one.scheme === parsed?.scheme)
  if (parsed !== undefined && source !== undefined) return { source, name: parsed.name }
  const known = sources.map((one) => `${one.scheme}:NAME`).join(' or ')
  throw new BerthError('no-credentials', `a credential is not a reference: write ${known}`)
}

/** The secret behind a reference: one word. Rejects with `no-credentials`. */
export const resolveCredential = async (
  reference: string,
  sources: readonly CredentialSource[],
  callerEnv: CallerEnv,
): Promise<string> => {
  const { source, name } = placeOf(reference, sources)
  return await source.resolve(name, callerEnv)
}

/** The secret of several lines behind a reference, such as a private key. Rejects with `no-credentials`. */
export const resolveSecretText = async (
  reference: string,
  sources: readonly CredentialSource[],
  callerEnv: CallerEnv,
): Promise<string> => {
  const { source, name } = placeOf(reference, sources)
  return await source.text(name, callerEnv)
}
