export type Rate = { readonly burst: number; readonly perSecond: number }

export type TokenBucket = {
  /** Takes a token where one is there. */
  take(): boolean
  /** Takes the next token, also one of the future: how many milliseconds to wait for it. Null beyond `most` of them. */
  reserve(most: number): number | null
}

export const tokenBucket = ({ burst, perSecond }: Rate, now: () => number = () => performance.now()): TokenBucket => {
  let tokens = burst
  let last = now()
  const refill = () => {
    const at = now()
    tokens = Math.min(burst, tokens + ((at - last) / 1000) * perSecond)
    last = at
  }
  return {
    take: () => {
      refill()
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
    reserve: (most) => {
      refill()
      if (tokens - 1 < -most) return null
      tokens -= 1
      return tokens >= 0 ? 0 : (-tokens / perSecond) * 1000
    },
  }
}
