import { taskPaths } from '../../domain/task-paths.ts'
import { SESSION_BYTES, SESSION_FILE } from '../../domain/worker-protocol.ts'
import type { Plan } from '../../plan/plan.ts'
import { takeFile } from '../../std/take-file.ts'

/** An archive has headers beside the files. */
const MOST_BYTES = 2 * SESSION_BYTES

/** Takes what the worker packed of the agent's session; a fork at this turn begins with it. */
export const takeSession = async (folder: string, plan: Plan): Promise<void> => {
  if (plan.order.session === undefined) return
  const from = `${plan.folders.exchange}/${SESSION_FILE}`
  await takeFile({ from, to: taskPaths(folder).session(plan.turn), maxBytes: MOST_BYTES })
}
