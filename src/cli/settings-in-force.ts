import { readConfigFile } from '../config/config-file.ts'
import type { Config } from '../config/load-config.ts'
import { BerthError } from '../domain/errors.ts'
import type { Context } from './context.ts'
import { mergeInForce } from './merge-in-force.ts'

export type SettingsContext = Pick<Context, 'env'> & { readonly paths: Pick<Context['paths'], 'configFile'> }

/** The settings in force without flags, for a check of `doctor`; undefined where the mistakes, which have a check of their own, leave none. */
export const settingsInForce = ({ env, paths }: SettingsContext): Config | undefined => {
  try {
    return mergeInForce(
      { env },
      {},
      readConfigFile(paths.configFile, () => {}),
      () => {},
    )
  } catch (error) {
    if (!(error instanceof BerthError)) throw error
    return undefined
  }
}
