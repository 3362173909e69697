import { endedEarly, failure, interrupted, type Trouble } from './failure.ts'
import { geminiErrorClass } from './gemini-error.ts'
import type { AgentExit, Verdict } from './provider.ts'

/** What a stream has told so far, as far as the verdict depends on it. */
export type Heard = {
  /** The turn's last word. */
  last: 'none' | 'completed' | 'failed'
  /** The last error, of the kind that its words tell. */
  trouble: Trouble | null
  /** The first line of stderr that tells something. */
  stderr: string
}

const AGENT = 'gemini'

/** The last event decides: the exit code is 0 after an interrupt, and after some errors. */
export const geminiVerdict = ({ last, trouble, stderr }: Heard, exit: AgentExit): Verdict => {
  if (last === 'completed') return { ok: true, class: 'ok', reason: 'gemini finished its turn' }
  if (exit.interrupted) return interrupted(AGENT)
  if (trouble !== null) {
    const kind = trouble.class === 'agent' ? geminiErrorClass(stderr, exit.code) : trouble.class
    return failure(AGENT, { class: kind, message: trouble.message })
  }
  return failure(AGENT, { class: geminiErrorClass(stderr), message: endedEarly(exit, stderr) })
}
