import { maskKeys } from '../../src/std/mask-keys.ts'
import { redactor } from '../../src/std/redact.ts'

/** The secrets that came by, and the masks that hide them. */
export const secretBook = () => {
  const known = new Set<string>()
  return {
    add(...values: readonly (string | null | undefined)[]): void {
      for (const value of values) if (value !== null && value !== undefined && value !== '') known.add(value)
    },
    /** Hides all secrets that are known by now. */
    hide: (text: string): string => redactor([...known])(text),
    /** Hides them, and what looks like a key or a token: for a stranger's words. */
    hideWords: (text: string): string => maskKeys(redactor([...known])(text)),
  }
}

export type SecretBook = ReturnType<typeof secretBook>
