import { didYouMean } from '../std/suggest.ts'
import { type FileContext, fileMistake, isTable, readSection, type Section } from './read-section.ts'

/** A named set of settings: a profile or a preset. */
export type Bundle = {
  readonly values: Section
  /** The bundles that it inherits from; a later one overrides an earlier one. */
  readonly inherits: readonly string[]
  readonly inheritsLine: number
}
export type Bundles = ReadonlyMap<string, Bundle>

const TABLE = { profile: 'profiles', preset: 'presets' } as const
export type BundleKind = keyof typeof TABLE

const namesOf = (raw: unknown): readonly string[] | undefined => {
  const names = typeof raw === 'string' ? [raw] : raw
  return Array.isArray(names) && names.every((name): name is string => typeof name === 'string') ? names : undefined
}

const readBundle = (kind: BundleKind, name: string, raw: unknown, context: FileContext): Bundle => {
  const at = [TABLE[kind], name]
  const inheritsLine = context.lineOf([...at, 'inherits'])
  const refuse = (line: number, message: string) => context.mistake(fileMistake(context.path, line, message))
  if (!isTable(raw)) {
    refuse(context.lineOf(at), `${at.join('.')}: expected a table [${at.join('.')}]`)
    return { values: new Map(), inherits: [], inheritsLine }
  }
  const inherits = raw['inherits'] === undefined ? [] : namesOf(raw['inherits'])
  if (inherits === undefined) refuse(inheritsLine, `inherits: expected the name of a ${kind}, or a list of names`)
  return { values: readSection(kind, raw, at, context), inherits: inherits ?? [], inheritsLine }
}

/** Throws for a bundle that inherits from itself, directly or through others, or from one that is not there. */
export const checkInheritance = (kind: BundleKind, bundles: Bundles, path: string): void => {
  const visit = (name: string, chain: readonly string[]): void => {
    const bundle = bundles.get(name)
    for (const parent of bundle?.inherits ?? []) {
      const line = bundle?.inheritsLine ?? 1
      if (!bundles.has(parent))
        throw fileMistake(
          path,
          line,
          `inherits: there is no ${kind} "${parent}"${didYouMean(parent, [...bundles.keys()])}`,
        )
      if (parent === name) throw fileMistake(path, line, `inherits: the ${kind} "${name}" inherits itself`)
      if (chain.includes(parent))
        throw fileMistake(
          path,
          line,
          `inherits: these ${kind}s inherit each other: ${[...chain, parent].slice(chain.indexOf(parent)).join(' -> ')}`,
        )
      visit(parent, [...chain, parent])
    }
  }
  for (const name of bundles.keys()) visit(name, [name])
}

/** Reads the tables [profiles.NAME] or [presets.NAME]. */
export const readBundles = (kind: BundleKind, raw: unknown, context: FileContext): Bundles => {
  const table = TABLE[kind]
  if (!isTable(raw)) {
    context.mistake(fileMistake(context.path, context.lineOf([table]), `${table}: expected tables [${table}.NAME]`))
    return new Map()
  }
  return new Map(Object.entries(raw).map(([name, value]) => [name, readBundle(kind, name, value, context)]))
}

/** A bundle's name and all that it inherits from, the nearest first. */
export const lineageOf = (bundles: Bundles, name: string): readonly string[] => [
  ...new Set([
    name,
    ...(bundles.get(name)?.inherits ?? []).toReversed().flatMap((parent) => lineageOf(bundles, parent)),
  ]),
]
