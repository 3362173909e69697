import type { Limit } from '../domain/container-spec.ts'
import { STANDARD_LIMITS, type TaskRequest } from '../domain/request.ts'
import type { Facts } from './facts.ts'

/**
 * The kernel counts both for a user, over all its containers and programs, and compares with the limit of who asks:
 * with less than a user usually has (tens of thousands of signals, 819,200 bytes), the containers leave the rest to its
 * own.
 */
const USER_LIMITS = { sigpending: 8192, msgqueue: 409_600 } as const

/**
 * A limit that was asked for stays as it is; a default one is left out, with a warning, where the engine has no such
 * limit.
 */
export const planLimits = (request: TaskRequest, facts: Facts) => {
  const can = facts.engine.info.limits
  const warnings: string[] = []
  const pick = (name: string, asked: number | undefined, standard: number | null, enforced: boolean): Limit | null => {
    if (asked !== undefined) return { value: asked, asked: true }
    // Another warning says that a host limits nothing.
    if (standard === null || facts.host !== null) return null
    if (!enforced) warnings.push(`${facts.engine.kind} cannot limit ${name} here, so the task runs without that limit`)
    return { value: standard, asked: false }
  }
  return {
    memoryBytes: pick('memory', request.memory, STANDARD_LIMITS.memory, can.memory),
    cpus: pick('cpus', request.cpus, null, can.cpus),
    pids: pick('pids', request.pids, STANDARD_LIMITS.pids, can.pids),
    ...(facts.host === null ? { userLimits: USER_LIMITS } : {}),
    warnings,
  }
}
