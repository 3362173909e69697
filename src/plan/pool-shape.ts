import type { Plan } from './plan.ts'

/** The steps of a launch that need no prompt, no key and no order. */
const AHEAD: ReadonlySet<string> = new Set(['folders', 'create', 'start', 'check'])

/**
 * What makes one container as good as another: all that is planned of it but the task's id. Undefined for a task that
 * takes none which was started ahead: a host has no containers, a folder of the user's is mounted for its task alone, and
 * a shared tree may not be there yet.
 */
export const poolShape = ({ task, engine, image, isolation, container, owner, source }: Plan): string | undefined =>
  isolation === 'host' || source.kind === 'mount' || (source.kind === 'clone' && source.tree !== undefined)
    ? undefined
    : JSON.stringify([engine, image.digest, container, owner]).replaceAll(task, '')

/** The plan as far as it is carried out ahead of a task. */
export const planAhead = (plan: Plan): Plan => ({
  ...plan,
  steps: plan.steps
    .filter(({ id }) => AHEAD.has(id))
    .map((step) => ({ ...step, needs: step.needs.filter((id) => AHEAD.has(id)) })),
})
