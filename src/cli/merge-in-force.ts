import type { ConfigFile } from '../config/config-file.ts'
import { type Config, mergeConfig } from '../config/load-config.ts'
import type { Context } from './context.ts'

/** What is in force, without the BERTH_* variables that are wrong: each is told to `onMistake`. */
export const mergeInForce = (
  { env }: Pick<Context, 'env'>,
  flags: Readonly<Record<string, unknown>>,
  file: ConfigFile,
  onMistake: (error: unknown) => void,
): Config => {
  try {
    return mergeConfig(flags, env, file)
  } catch (error) {
    const wrong = Object.keys(env).find((name) => error instanceof Error && error.message.startsWith(`${name}: `))
    if (wrong === undefined) throw error
    onMistake(error)
    return mergeInForce({ env: { ...env, [wrong]: undefined } }, flags, file, onMistake)
  }
}
