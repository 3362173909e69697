import type { Outcome } from '../../domain/outcome.ts'
import type { Frame } from '../../domain/worker-protocol.ts'
import type { Plan } from '../../plan/plan.ts'
import { terminalLine } from '../../std/terminal-safe.ts'

/**
 * The outcome of a session whose work is on another branch than its own; undefined if it is not. The worker's word can only
 * keep the work from a push.
 */
export const offBranch = (
  { source, task }: Pick<Plan, 'source' | 'task'>,
  work: Pick<Extract<Frame, { k: 'work' }>, 'branch'>,
  outcome: Outcome,
): Outcome | undefined => {
  if (source.kind !== 'clone' || [source.branch, `berth/${task}`].includes(work.branch)) return undefined
  const where = work.branch === '' ? 'on no branch' : `on the branch ${terminalLine(work.branch)}`
  return {
    ...outcome,
    result: 'failed',
    class: 'agent',
    reason: `the agent's work is ${where}, and the session's branch is ${source.branch}: Berth kept the work and did not push it`,
  }
}
