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
  const first = Promise.withResolvers<HeldContext>()
  return {
    get given() {
      return given
    },
    provide(context: HeldContext): void {
      given = context
      mask = redactor(secretsOf(context))
      first.resolve(context)
    },
    /** Waits for a caller if none has given them. */
    provided: async (signal: AbortSignal): Promise<HeldContext> =>
      given ?? (await unlessAborted(first.promise, signal)),
    redact: (text: string): string => mask(text),
  }
}
