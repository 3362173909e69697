import { unlessAborted } from '../../std/abort.ts'
import { redactor } from '../../std/redact.ts'
import { secretsOf } from './secrets-of.ts'

/** A caller's secrets and surroundings, in memory for as long as the task needs them. */
export type Surroundings = {
  readonly world: Readonly<Record<string, string>>
  readonly key: string | null
  readonly env: Readonly<Record<string, string>>
}

/** Holds what a caller gives for a task, and masks the secrets in it. */
export const callerSurroundings = () => {
  let given: Surroundings | null = null
  let mask = (text: string) => text
  const first = Promise.withResolvers<Surroundings>()
  return {
    get given() {
      return given
    },
    provide(surroundings: Surroundings): void {
      given = surroundings
      mask = redactor(secretsOf(surroundings))
      first.resolve(surroundings)
    },
    /** Waits for a caller if none has given them. */
    provided: async (signal: AbortSignal): Promise<Surroundings> =>
      given ?? (await unlessAborted(first.promise, signal)),
    redact: (text: string): string => mask(text),
  }
}
