import { BerthError } from '../../domain/errors.ts'
import type { Deps } from '../deps.ts'

type Locate = Deps['engines']['locate']

const ASKED = [
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'CONTAINER_HOST',
  'PODMAN_HOST',
  'XDG_RUNTIME_DIR',
  'HOME',
  'PATH',
]

/**
 * Remembers which engine a caller's environment means. Whether it still answers is seen by the next call on it: where
 * that finds it gone, `forget` makes the next look a real one.
 */
export const rememberEngines = (locate: Locate): { readonly locate: Locate; readonly forget: () => void } => {
  const known = new Map<string, Awaited<ReturnType<Locate>>>()
  return {
    async locate(input, signal) {
      const key = JSON.stringify([input.engine, input.uid, ...ASKED.map((name) => input.env[name])])
      const there = known.get(key)
      if (there !== undefined) return there
      const found = await locate(input, signal)
      known.set(key, found)
      return found
    },
    forget: () => known.clear(),
  }
}

/** Runs what needs an engine; one that was remembered and is gone is looked for once more. */
export const withEngine = async <T>(forget: () => void, use: () => Promise<T>): Promise<T> => {
  try {
    return await use()
  } catch (error) {
    if (!(error instanceof BerthError) || (error.code !== 'engine-down' && error.code !== 'engine-permission'))
      throw error
    forget()
    return await use()
  }
}
