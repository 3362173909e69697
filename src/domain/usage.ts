export type Usage = {
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
  /** US dollars, as the CLI itself reckons them by its maker's list; absent where it tells none. */
  readonly costUsd?: number
}
