import { codexErrorClass } from './codex-error.ts'
import { endedEarly, failure, interrupted, type Trouble } from './failure.ts'
import type { AgentExit, Verdict } from './provider.ts'

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

const AGENT = 'codex'

/** The last event decides, then whether it was interrupted, then what was heard before the end. */
export const codexVerdict = ({ last, trouble, otherThread, stderr }: Heard, exit: AgentExit): Verdict => {
  if (otherThread !== null) return failure(AGENT, { class: 'agent', message: otherThread })
  if (last.kind === 'completed') return { ok: true, class: 'ok', reason: 'codex finished its turn' }
  if (last.kind === 'failed') return failure(AGENT, last)
  if (exit.interrupted) return interrupted(AGENT)
  if (trouble !== null) return failure(AGENT, trouble)
  return failure(AGENT, { class: codexErrorClass(stderr), message: endedEarly(exit, stderr) })
}
