export type FailureStreak = {
  readonly answered: () => void
  /** True for the failure that is the last straw. `began`: when its request came, by the monotonic clock. */
  readonly failed: (began: number) => boolean
}

/**
 * Counts the model's failures in a row, for a CLI that cannot be told how often to try. An answer begins it anew. Tries
 * that ran side by side count as one. Without a limit it is the CLI's own patience that ends them.
 */
export const failureStreak = (most: number | undefined): FailureStreak => {
  let times = 0
  let last = -1
  return {
    answered: () => {
      times = 0
    },
    failed: (began) => {
      if (began < last) return false
      last = performance.now()
      times += 1
      return times === most
    },
  }
}

/** Answers that a further try may change. */
export const isPassing = (status: number): boolean => status === 429 || status >= 500
