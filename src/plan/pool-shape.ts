import type { FreshReason } from '../domain/fresh-reason.ts'
import type { Plan } from './plan.ts'

/** The steps of a launch that need no prompt, no key and no order. */
const AHEAD: ReadonlySet<string> = new Set(['folders', 'bare', 'create', 'start', 'check'])

/** The folder that the launch makes for the main repository; of the others, the container has the mirrors. */
const folderOf = (source: Plan['source']): string =>
  source.kind === 'clone' && source.folder !== undefined ? source.folder : ''

type Shaped = Pick<Plan, 'container' | 'isolation' | 'source' | 'steps'>

/** Why a task in a container takes no pre-started one whatever waits; undefined where it may. */
export const whyNoShape = ({ source, container, steps }: Shaped): FreshReason | undefined => {
  // The user's folder belongs to its task alone, as does a published port, and a shared tree may not exist yet.
  if (source.kind === 'mount') return 'mounts-folder'
  if (container.publish !== undefined) return 'published-port'
  if (source.kind === 'clone' && source.tree !== undefined) return 'shared-tree'
  // The container gets the login's file before its start.
  return steps.some(({ id }) => id === 'login') ? 'login-inside' : undefined
}

/**
 * The key by which a pre-started container fits a task: its whole plan without the task's id. Undefined for a task that
 * takes no pre-started container, and for one on the host, which has no containers.
 */
export const poolShape = (plan: Plan): string | undefined => {
  const { task, engine, image, isolation, container, owner, source } = plan
  if (isolation === 'host' || whyNoShape(plan) !== undefined) return undefined
  return JSON.stringify([engine, image.digest, container, owner, folderOf(source)]).replaceAll(task, '')
}

/** The part of the plan that Berth carries out before a task comes. */
export const planAhead = (plan: Plan): Plan => ({
  ...plan,
  steps: plan.steps
    .filter(({ id }) => AHEAD.has(id))
    .map((step) => ({ ...step, needs: step.needs.filter((id) => AHEAD.has(id)) })),
})
