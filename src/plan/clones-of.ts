import type { CloneSource, Facts } from './facts.ts'

type Sources = Pick<Facts, 'source' | 'further'>

/** What the task works on: the main source, then the further repositories. */
export const sourcesOf = ({ source, further = [] }: Sources): readonly Facts['source'][] => [source, ...further]

/** All repositories of a task as Berth found them, the main one first. */
export const clonesOf = (facts: Sources): readonly CloneSource[] =>
  sourcesOf(facts).filter((source) => source.kind === 'clone')
