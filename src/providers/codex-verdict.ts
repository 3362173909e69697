import type { AgentErrorClass } from '../domain/event.ts'
import { codexErrorClass } from './codex-error.ts'
import type { AgentExit, Verdict } from './provider.ts'

export type Trouble = { readonly class: AgentErrorClass; readonly message: string }
type Last = { readonly kind: 'completed' } | ({ readonly kind: 'failed' } & Trouble) | { readonly kind: 'none' }

/** What a stream has told so far, as far as the verdict depends on it. */
export type Heard = {
  /** The turn's last word. */
  last: Last
  /** The last error or retry. */
  trouble: Trouble | null
  /** Set where codex began another session than it was to go on with. */
  otherThread: string | null
  /** The line of stderr that tells most. */
  stderr: string
}

const MEANING: Readonly<Record<AgentErrorClass, string>> = {
  auth: 'the model refused the credentials',
  'rate-limit': 'the model is rate-limited or its quota is used up',
  network: 'the model did not answer',
  model: 'the model refused the request',
  context: 'the work no longer fits the model',
  agent: 'codex failed',
}

const failure = (kind: AgentErrorClass, message: string): Verdict => ({
  ok: false,
  class: kind,
  reason: message === '' ? MEANING[kind] : `${MEANING[kind]}: ${message}`,
})

const exitWords = (exit: AgentExit) => {
  if (exit.signal !== null) return `was ended by ${exit.signal}`
  return exit.code === null ? 'ended' : `ended with exit code ${exit.code}`
}

/** The last event decides, then whether it was interrupted, then what was heard before the end. */
export const codexVerdict = ({ last, trouble, otherThread, stderr }: Heard, exit: AgentExit): Verdict => {
  if (otherThread !== null) return failure('agent', otherThread)
  if (last.kind === 'completed') return { ok: true, class: 'ok', reason: 'codex finished its turn' }
  if (last.kind === 'failed') return failure(last.class, last.message)
  if (exit.interrupted) {
    return { ok: false, class: 'interrupted', reason: 'codex was interrupted before its turn was over' }
  }
  if (trouble !== null) return failure(trouble.class, trouble.message)
  const early = `it ${exitWords(exit)} before its turn was over`
  return failure(codexErrorClass(stderr), stderr === '' ? early : `${early}: ${stderr}`)
}
