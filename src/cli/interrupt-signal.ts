import { BerthError } from '../domain/errors.ts'

/** Aborted by Ctrl-C or SIGTERM, with an error that says so: the command ends in order, and leaves nothing behind. */
export const interruptSignal = (message: string, hint: string): AbortSignal => {
  const interrupted = new AbortController()
  const interrupt = () => interrupted.abort(new BerthError('aborted', message, { hint }))
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  return interrupted.signal
}
