import { unlessAborted } from '../../std/abort.ts'
import { redactor } from '../../std/redact.ts'
import { secretsOf } from './secrets-of.ts'

/** What a task holds of its caller context, in memory only: the environment, the model key, the task's variables. */
export type HeldContext = {
  readonly callerEnv: Readonly<Record<string, string>>
  readonly key: string | null
  readonly env: Readonly<Record<string, string>>
}

/** Holds what a caller gives for a task, and masks the secrets in it. */
export const contextHolder = () => {
  let given: HeldContext | null = null
  let mask = (text: string) => text
  /** Tokens of the task's login. */
  const hidden = new Set<string>()
  const maskAll = () => {
    mask = redactor([...(given === null ? [] : secretsOf(given)), ...hidden])
  }
  const first = Promise.withResolvers<HeldContext>()
  return {
    get given() {
      return given
    },
    provide(context: HeldContext): void {
      given = context
      maskAll()
      first.resolve(context)
    },
    /** Waits for a caller if none has given them. */
    provided: async (signal: AbortSignal): Promise<HeldContext> =>
      given ?? (await unlessAborted(first.promise, signal)),
    hide(secrets: readonly string[]): void {
      if (secrets.every((one) => hidden.has(one))) return
      for (const one of secrets) hidden.add(one)
      maskAll()
    },
    redact: (text: string): string => mask(text),
  }
}
