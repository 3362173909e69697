import * as z from 'zod'
import type { Usage } from './usage.ts'

const dollars = z.number().min(0)

/**
 * What a model costs, in dollars for a million tokens; cached input costs as much as other input if it has no price.
 */
export const price = z.strictObject({ input: dollars, cached: dollars.optional(), output: dollars })
export type Price = z.output<typeof price>

/** Dollars by the table. Cached tokens are part of the input, reasoning of the output. */
export const costOf = (usage: Usage, { input, cached = input, output }: Price): number => {
  const fresh = Math.max(0, usage.inputTokens - usage.cachedTokens)
  return (fresh * input + usage.cachedTokens * cached + usage.outputTokens * output) / 1_000_000
}
