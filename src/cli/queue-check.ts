import { readConfigFile } from '../config/config-file.ts'
import { defaultConcurrency } from '../config/default-concurrency.ts'
import { BerthError } from '../domain/errors.ts'
import type { Check } from './check.ts'
import type { Context } from './context.ts'
import { mergeInForce } from './merge-in-force.ts'

const settings = ({ env, paths }: QueueContext) => {
  try {
    // Mistakes have a check of their own.
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

type QueueContext = Pick<Context, 'env'> & { readonly paths: Pick<Context['paths'], 'configFile'> }

/** How many turns run at once, and why. */
export const queueCheck = (context: QueueContext): readonly Check[] => {
  const found = settings(context)
  if (found === undefined) return []
  const { concurrency } = found.values
  const { most, because } =
    concurrency === null ? defaultConcurrency() : { most: concurrency, because: `set by ${found.origins.concurrency}` }
  const turns = most === 1 ? 'one turn' : `${most} turns`
  return [{ name: 'queue', ok: true, detail: `at most ${turns} at once (${because})`, fix: null }]
}
