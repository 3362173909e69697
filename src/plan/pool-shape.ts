import type { Plan } from './plan.ts'

/** The steps of a launch that need no prompt, no key and no order. */
const AHEAD: ReadonlySet<string> = new Set(['folders', 'create', 'start', 'check'])

/** The folder that the launch makes for the main repository; of the others, the container has the mirrors. */
const folderOf = (source: Plan['source']): string =>
  source.kind === 'clone' && source.folder !== undefined ? source.folder : ''

/**
 * The key by which a pre-started container fits a task: its whole plan without the task's id. Undefined for a task that
 * takes no pre-started container: a host has no containers, a mounted folder of the user belongs to its task alone, as
 * does a published port, and a shared tree may not exist yet.
 */
export const poolShape = ({ task, engine, image, isolation, container, owner, source }: Plan): string | undefined =>
  isolation === 'host' ||
  source.kind === 'mount' ||
  container.publish !== undefined ||
  (source.kind === 'clone' && source.tree !== undefined)
    ? undefined
    : JSON.stringify([engine, image.digest, container, owner, folderOf(source)]).replaceAll(task, '')

/** The part of the plan that Berth carries out before a task comes. */
export const planAhead = (plan: Plan): Plan => ({
  ...plan,
  steps: plan.steps
    .filter(({ id }) => AHEAD.has(id))
    .map((step) => ({ ...step, needs: step.needs.filter((id) => AHEAD.has(id)) })),
})
