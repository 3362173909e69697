import { claudeErrorClass } from './claude-error.ts'
import { endedEarly, failure, interrupted, type Trouble } from './failure.ts'
import type { AgentExit, Verdict } from './provider.ts'

/** What a stream has told so far, as far as the verdict depends on it. */
export type Heard = {
  /** The turn's last word. */
  last: 'none' | 'completed' | 'aborted' | 'failed'
  /** The last error or retry. */
  trouble: Trouble | null
  /** The first line of stderr. */
  stderr: string
}

const AGENT = 'claude'

/** The last event decides, for the exit code of an interrupted turn is 0; then what was heard before the end. */
export const claudeVerdict = ({ last, trouble, stderr }: Heard, exit: AgentExit): Verdict => {
  if (last === 'completed') return { ok: true, class: 'ok', reason: 'claude finished its turn' }
  if (exit.interrupted || last === 'aborted') return interrupted(AGENT)
  if (trouble !== null) return failure(AGENT, trouble)
  return failure(AGENT, { class: claudeErrorClass(stderr), message: endedEarly(exit, stderr) })
}
