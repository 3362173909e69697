import { endedEarly, failure, interrupted, type Trouble } from './failure.ts'
import type { AgentExit, Verdict } from './provider.ts'

/** What a stream has told so far, as far as the verdict depends on it. */
export type Heard = {
  /** How the last answer of the model ended; an error that it got over is none any more. */
  last: { readonly kind: 'completed' | 'none' } | ({ readonly kind: 'failed' } & Trouble)
  /** Set where another session began than the one to go on with. */
  otherSession: string | null
  /** The line of stderr that tells most. */
  stderr: string
  /** The flags that its usage names, where it has printed that. */
  readonly options: string[]
  /** What its log says of an error that it did not expect. */
  fault: string
}

const AGENT = 'opencode'

/** The last event decides, then whether it was interrupted: exit 0 alone is no end of a turn. */
export const opencodeVerdict = ({ last, otherSession, stderr, options, fault }: Heard, exit: AgentExit): Verdict => {
  if (otherSession !== null) return failure(AGENT, { class: 'agent', message: otherSession })
  if (last.kind === 'completed') return { ok: true, class: 'ok', reason: 'opencode finished its turn' }
  if (exit.interrupted) return interrupted(AGENT)
  if (last.kind === 'failed') {
    const unexpected = last.class === 'agent' && fault !== ''
    return failure(AGENT, unexpected ? { class: 'agent', message: fault } : last)
  }
  // It prints all of its usage, and does not say which argument it was.
  const words = / run \[message\.\.\]$/.test(stderr)
    ? `it refuses an argument, and says: ${stderr}, with the options ${options.join(' ')}`
    : stderr || fault
  return failure(AGENT, { class: 'agent', message: endedEarly(exit, words) })
}
