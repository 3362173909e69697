import { EXIT, type ExitName } from '../domain/errors.ts'

/** What each exit code says. */
const MEANING: Readonly<Record<ExitName, string>> = {
  done: 'done',
  failed: 'the task failed',
  usage: 'wrong usage',
  stopped: 'stopped',
  died: 'died',
  engine: 'the engine, the image or git is missing or fails',
  auth: 'no credentials, or the model or the remote refuses them',
  push: 'the work could not be pushed (Berth keeps it)',
  timeout: 'the time of --timeout passed',
  detached: 'detached: the output was closed, and the task keeps running',
  internal: 'a bug in Berth, or Berth cannot write its folder',
}

export const EXIT_CODES: readonly { readonly code: number; readonly name: string; readonly meaning: string }[] =
  Object.entries(MEANING).map(([name, meaning]) => ({ code: EXIT[name as ExitName], name, meaning }))
