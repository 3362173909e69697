import type { ExitName } from './errors.ts'

export type OutcomeClass =
  | 'ok'
  | 'agent'
  | 'auth'
  | 'rate-limit'
  | 'network'
  | 'model'
  | 'context'
  | 'setup'
  | 'engine'
  | 'push'
  | 'limit'
  | 'oom'
  | 'killed'
  | 'stopped'
  | 'withdrawn'
  | 'internal'

/**
 * How a turn ended. `reason` is one sentence for a person.
 *
 * @example
 * ```ts
 * await using b = await berth()
 * const task = await b.task('t-01k3')
 * const { result, class: kind, reason, exitCode }: Outcome = await task.wait()
 * console.log(result, kind, reason, exitCode)
 * ```
 */
export type Outcome = {
  readonly result: 'done' | 'failed' | 'stopped' | 'died'
  readonly class: OutcomeClass
  readonly reason: string
  readonly exitCode: number | null
  /** When the model can be asked again by its own answer, ISO 8601. */
  readonly retryAt?: string
}

/** The origin of a stop, and its reason in a sentence for a person. */
export type StopReason = { readonly by: 'user' | 'verdict' | 'limit' | 'host'; readonly reason: string }

/** The outcome of a turn that was withdrawn before it began. */
export const WITHDRAWN: Outcome = { result: 'stopped', class: 'withdrawn', reason: 'withdrawn', exitCode: null }

/** The CLI's exit code for an outcome: by its result, and for a failure by its class. */
export const exitName = (outcome: Pick<Outcome, 'result' | 'class'>): ExitName => {
  if (outcome.result === 'done' || outcome.result === 'stopped' || outcome.result === 'died') return outcome.result
  if (outcome.class === 'auth') return 'auth'
  if (outcome.class === 'push') return 'push'
  if (outcome.class === 'engine') return 'engine'
  if (outcome.class === 'internal') return 'internal'
  return 'failed'
}
