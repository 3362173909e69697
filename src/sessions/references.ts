import { didYouMean } from '../std/suggest.ts'

/** What each name names, by its key in the manifest. */
export type References = ReadonlyMap<string, { readonly names: readonly string[]; readonly at: readonly string[] }>

type Words = {
  readonly unknown: (name: string) => string
  readonly itself: (name: string) => string
  readonly circle: (chain: string) => string
}

/** The names by which `start` comes back to itself; undefined if it does not. */
const circleFrom = (references: References, start: string): readonly string[] | undefined => {
  const seen = new Set([start])
  const visit = (name: string, chain: readonly string[]): readonly string[] | undefined => {
    for (const next of references.get(name)?.names ?? []) {
      if (next === start && name !== start) return [...chain, start]
      if (seen.has(next)) continue
      seen.add(next)
      const found = visit(next, [...chain, next])
      if (found !== undefined) return found
    }
    return undefined
  }
  return visit(start, [start])
}

/** Tells every name that names itself, one that is not there, or a circle; a circle is reported once. */
export const checkReferences = (
  references: References,
  words: Words,
  tell: (at: readonly string[], message: string) => void,
): void => {
  const known = [...references.keys()]
  const reported = new Set<string>()
  for (const [name, { names, at }] of references) {
    for (const one of names) {
      if (one === name) tell(at, words.itself(name))
      else if (!references.has(one)) tell(at, `${words.unknown(one)}${didYouMean(one, known)}`)
    }
    const circle = reported.has(name) ? undefined : circleFrom(references, name)
    if (circle === undefined) continue
    tell(at, words.circle(circle.join(' -> ')))
    for (const one of circle) reported.add(one)
  }
}

/** All that a name leads to, nearest first and each once; of the names in one list the last comes first. */
export const reachedFrom = (references: References, names: readonly string[]): readonly string[] => {
  const reached = new Set<string>()
  const visit = (some: readonly string[]): void => {
    for (const name of some.toReversed()) {
      if (reached.has(name)) continue
      reached.add(name)
      visit(references.get(name)?.names ?? [])
    }
  }
  visit(names)
  return [...reached]
}
