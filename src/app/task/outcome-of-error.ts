import { BerthError } from '../../domain/errors.ts'
import type { Outcome } from '../../domain/outcome.ts'
import { errorMessage } from '../../std/error-message.ts'

/** What a turn came to that could not be launched. */
export const outcomeOfError = (error: unknown): Outcome => {
  const reason = errorMessage(error)
  const exit = error instanceof BerthError ? error.row.exit : 'internal'
  const limit = error instanceof BerthError && error.code === 'time-used-up'
  const kind = exit === 'engine' || exit === 'auth' ? exit : 'setup'
  return { result: 'failed', class: limit ? 'limit' : kind, reason, exitCode: null }
}
