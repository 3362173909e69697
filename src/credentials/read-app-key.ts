import { BerthError } from '../domain/errors.ts'
import { errorMessage } from '../std/error-message.ts'
import type { CallerEnv, CredentialSource } from './credential.ts'
import { keyReference } from './key-reference.ts'
import { resolveSecretText } from './resolve-credential.ts'

type Input = {
  /** The folder that ~ stands for. */
  readonly home: string
  readonly env: CallerEnv
  readonly sources: readonly CredentialSource[]
}

/** The text of an App's private key, which `key` names by its path or by a reference. Rejects with app-key. */
export const readAppKey = async (key: string, { home, env, sources }: Input): Promise<string> => {
  try {
    return await resolveSecretText(keyReference(key, home), sources, env)
  } catch (error) {
    throw new BerthError('app-key', `the private key of the GitHub App: ${errorMessage(error)}`, {
      cause: error,
      ...(error instanceof BerthError && { hint: error.hint }),
    })
  }
}
