import { BerthError } from '../../domain/errors.ts'
import type { Signing } from '../../domain/signing.ts'
import type { CallerEnv, Signer } from '../../git/git.ts'
import type { Deps } from '../deps.ts'

export type KeySigning = Exclude<Signing, { kind: 'api' }>

/** The key that signs, read anew. Rejects with cannot-sign. */
export const signerFor = async (
  { config }: Pick<Deps, 'config'>,
  { kind, key }: KeySigning,
  callerEnv: CallerEnv,
): Promise<Signer> => {
  if (kind === 'gpg') return { kind, key, callerEnv }
  try {
    return { kind, key: await config.secretText(key, callerEnv), callerEnv }
  } catch (error) {
    if (!(error instanceof BerthError)) throw error
    throw new BerthError('cannot-sign', `the key of --sign ssh: ${error.message}`, { cause: error })
  }
}
