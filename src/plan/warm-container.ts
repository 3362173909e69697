import { type ContainerSpec, LABEL } from '../domain/container-spec.ts'
import { tierOf } from '../domain/policy.ts'
import type { TaskRequest } from '../domain/request.ts'
import type { WarmContainer } from './facts.ts'
import type { Plan } from './plan.ts'
import { warmSteps } from './steps.ts'

/** Longer than the host keeps a container, so that an order that is on its way still finds its worker. */
export const WARM_MARGIN_MS = 30_000

/** Whether the container stays warm. Another user's processes and files would outlive the turn: a worker cannot end them. */
export const keepsWarm = (request: TaskRequest): request is TaskRequest & { readonly keepAlive: number } =>
  request.keepAlive !== undefined && request.keepAlive > 0 && tierOf(request)?.root === 'never'

/**
 * The fields by which two containers are interchangeable: all but its name, its turn and that turn's exchange folder.
 */
const shape = ({ name: _, labels, mounts, ...rest }: ContainerSpec): string =>
  JSON.stringify([
    Object.entries(labels).filter(([name]) => name !== LABEL.turn),
    mounts.filter(({ role }) => role !== 'exchange'),
    rest,
  ])

/** The plan for the warm container, if that equals a fresh one; else the plan as it is. */
export const inWarmContainer = (plan: Plan, { plan: before, kept }: WarmContainer): Plan => {
  const same = plan.image.digest === before.image.digest && shape(plan.container) === shape(before.container)
  // A warm container lacks files that a fresh one would first fetch or copy.
  const lacks = plan.steps.some(({ id, needs }) => id === 'copy' || (id === 'create' && needs.includes('bare')))
  if (!same || lacks) return plan
  // It ran when the container was new.
  const { startup: _, ...order } = plan.order
  return {
    ...plan,
    order,
    container: before.container,
    folders: { ...plan.folders, exchange: before.folders.exchange },
    kept,
    steps: warmSteps({ hasToken: plan.tokenInside !== undefined, hasKey: plan.sshKeyInside === true }),
  }
}
