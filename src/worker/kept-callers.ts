import type { WorkOrder } from '../domain/worker-protocol.ts'

/** Answers callers from a container's first turn on. At each further turn the gateway is back, and is tried at once. */
export const keptCallers = () => {
  let again: (() => void) | undefined
  return async (forward: WorkOrder['forward']): Promise<void> => {
    if (forward?.callers !== true) return
    if (again !== undefined) return again()
    const { answerCallers } = await import('./answer-callers.ts')
    again ??= answerCallers(forward.socket)
  }
}
