import type { Plan, PlannedClone } from './plan.ts'

/** All repositories that a turn works on in clones, the main one first. */
export const plannedClones = ({ source, further = [] }: Pick<Plan, 'source' | 'further'>): readonly PlannedClone[] =>
  source.kind === 'clone' ? [source, ...further.map((one) => one.source)] : []
