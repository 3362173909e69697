/** How many answers are kept: those of some dozens of pull requests. */
const MOST = 200

type Answer<T> = { readonly data: T; readonly headers: { readonly etag?: string | undefined } }

const isSame = (error: unknown): boolean => {
  const { cause } = error as { readonly cause?: unknown }
  return [error, cause].some((one) => (one as { readonly status?: unknown } | undefined)?.status === 304)
}

/**
 * Keeps answers with their ETags. What is the same as before costs GitHub's rate limit nothing, and comes from here.
 * Who may read it is GitHub's matter: it is asked each time, and judges the token.
 */
export const etagCache = () => {
  const kept = new Map<string, { readonly etag: string; readonly data: unknown }>()
  return async <T>(key: string, ask: (headers: Readonly<Record<string, string>>) => Promise<Answer<T>>): Promise<T> => {
    const known = kept.get(key)
    try {
      const { data, headers } = await ask(known === undefined ? {} : { 'if-none-match': known.etag })
      kept.delete(key)
      if (headers.etag !== undefined) kept.set(key, { etag: headers.etag, data })
      const [oldest] = kept.keys()
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest)
      return data
    } catch (error) {
      if (known === undefined || !isSame(error)) throw error
      return known.data as T
    }
  }
}
