import type { WorkOrder } from '../domain/worker-protocol.ts'
import type { Inside } from './answer-callers.ts'

/** Answers callers from a container's first turn on. At each further turn the gateway is back, and is tried at once. */
export const keptCallers = (parts: Omit<Inside, 'order'>) => {
  let again: (() => void) | undefined
  let current: WorkOrder | undefined
  return async (order: WorkOrder): Promise<void> => {
    current = order
    const { forward } = order
    if (forward?.callers !== true) return
    if (again !== undefined) return again()
    const { answerCallers } = await import('./answer-callers.ts')
    again ??= answerCallers(forward.socket, { ...parts, order: () => current ?? order })
  }
}
