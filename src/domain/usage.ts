/**
 * Tokens, by kind.
 *
 * @example
 * ```ts
 * const fresh = ({ inputTokens, cachedTokens }: Usage) => inputTokens - cachedTokens
 * ```
 */
export type Usage = {
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
  /** US dollars by the CLI's own count; absent if it reports none. */
  readonly costUsd?: number
}

/** The gateway's count for one model, named as its answers name it; '' for all models beyond the first few. */
export type ModelUsage = { readonly model: string; readonly usage: Usage }

export const NO_USAGE: Usage = { inputTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0 }

export const addUsage = (a: Usage, b: Usage): Usage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  cachedTokens: a.cachedTokens + b.cachedTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  reasoningTokens: a.reasoningTokens + b.reasoningTokens,
  ...(a.costUsd === undefined && b.costUsd === undefined ? {} : { costUsd: (a.costUsd ?? 0) + (b.costUsd ?? 0) }),
})
