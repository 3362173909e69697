import { BerthError, ERRORS, EXIT } from '../domain/errors.ts'
import { terminalVisible } from '../std/terminal-visible.ts'
import type { Context } from './context.ts'

/** Prints an error as a person (or, with --json, a program) reads it; returns the exit code. */
export const fail = (context: Context, error: unknown, json: boolean): number => {
  const say = (text: string) => context.stderr.write(context.stderr.isTTY ? terminalVisible(text) : text)
  if (!(error instanceof BerthError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const { hint } = ERRORS.internal
    if (json) say(`${JSON.stringify({ error: { code: 'internal', message: text, hint, exit: EXIT.internal } })}\n`)
    else say(`berth: internal error: ${text}\n`)
    return EXIT.internal
  }
  const { code, message, hint, row } = error
  if (json) say(`${JSON.stringify({ error: { code, message, hint, exit: EXIT[row.exit] } })}\n`)
  else say(`berth: ${message}\n${hint === '' ? '' : `  ${hint}\n`}`)
  return EXIT[row.exit]
}
