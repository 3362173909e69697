import { defaultConcurrency } from '../config/default-concurrency.ts'
import type { Check } from './check.ts'
import { type SettingsContext, settingsInForce } from './settings-in-force.ts'

/** How many turns run at once, and why. */
export const queueCheck = (context: SettingsContext): readonly Check[] => {
  const found = settingsInForce(context)
  if (found === undefined) return []
  const { concurrency } = found.values
  const { most, because } =
    concurrency === null ? defaultConcurrency() : { most: concurrency, because: `set by ${found.origins.concurrency}` }
  const turns = most === 1 ? 'one turn' : `${most} turns`
  return [{ name: 'queue', ok: true, detail: `at most ${turns} at once (${because})`, fix: null }]
}
