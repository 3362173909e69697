import { SESSION_BYTES, SESSION_FILE } from '../../domain/worker-protocol.ts'
import type { Plan } from '../../plan/plan.ts'
import { takeFile } from '../../std/take-file.ts'

/** An archive has headers beside the files. */
const MOST_BYTES = 2 * SESSION_BYTES

/** Where the agent's session lies as it was at a turn's end. */
export const sessionOf = (folder: string, turn: number): string => `${folder}/sessions/${turn}.tar`

/** Takes what the worker packed of the agent's session; a fork at this turn begins with it. */
export const takeSession = async (folder: string, plan: Plan): Promise<void> => {
  if (plan.order.session === undefined) return
  const from = `${plan.folders.exchange}/${SESSION_FILE}`
  await takeFile({ from, to: sessionOf(folder, plan.turn), maxBytes: MOST_BYTES })
}
