import { BerthError, EXIT } from '../domain/errors.ts'
import type { Context } from './context.ts'

/** Prints an error as a person (or, with --json, a program) reads it; returns the exit code. */
export const fail = (context: Context, error: unknown, json: boolean): number => {
  if (!(error instanceof BerthError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    context.stderr.write(`berth: internal error: ${text}\n`)
    return EXIT.internal
  }
  const { code, message, hint, row } = error
  if (json) context.stderr.write(`${JSON.stringify({ error: { code, message, hint, exit: EXIT[row.exit] } })}\n`)
  else context.stderr.write(`berth: ${message}\n${hint === '' ? '' : `  ${hint}\n`}`)
  return EXIT[row.exit]
}
