/** What is known of a field: how many of the objects have it, and its types. */
type Field = { count: number; readonly types: Set<string> }
/** The objects of one kind, such as `item.completed`, and their fields by path. */
type Kind = { count: number; readonly fields: Map<string, Field> }
/** The form of JSON objects, without their values. */
export type Shape = ReadonlyMap<string, Kind>

const NAME = /^[A-Za-z_$@][\w$@]{0,48}$/
const KIND = /^[A-Za-z][\w./-]{0,60}$/
const DEEPEST = 12

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const typeOf = (value: unknown): string => {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** By the fields in which the APIs and the CLIs name what an object is. */
const kindOf = (value: Readonly<Record<string, unknown>>): string => {
  const names = [value['type'], value['subtype'], value['object']]
  return names.filter((name) => typeof name === 'string' && KIND.test(name)).join('/')
}

/** Calls a function for each field of a value. Names that may be a value themselves, such as a model's, become `*`. */
const eachField = (value: unknown, path: string, found: (path: string, type: string) => void, depth = 0): void => {
  if (depth > DEEPEST) return
  if (Array.isArray(value)) for (const one of value) eachField(one, `${path}[]`, found, depth + 1)
  if (!isObject(value)) return
  const kind = depth === 0 ? '' : kindOf(value)
  const here = kind === '' ? path : `${path}<${kind}>`
  for (const [name, child] of Object.entries(value)) {
    const own = `${here}.${NAME.test(name) ? name : '*'}`
    found(own, typeOf(child))
    eachField(child, own, found, depth + 1)
  }
}

export const shapeOf = (values: Iterable<unknown>): Shape => {
  const shape = new Map<string, Kind>()
  for (const value of values) {
    if (!isObject(value)) continue
    const name = kindOf(value) || 'an object'
    const kind: Kind = shape.get(name) ?? { count: 0, fields: new Map() }
    kind.count += 1
    shape.set(name, kind)
    const seen = new Set<string>()
    eachField(value, '', (path, type) => {
      const field: Field = kind.fields.get(path) ?? { count: 0, types: new Set() }
      if (!seen.has(path)) field.count += 1
      seen.add(path)
      field.types.add(type)
      kind.fields.set(path, field)
    })
  }
  return shape
}

/** Field paths that lie in no other one of them. */
const outermost = (paths: readonly string[]): readonly string[] =>
  paths.filter(
    (path) =>
      !paths.some((other) => other !== path && path.startsWith(other) && /[.[<]/.test(path[other.length] ?? '')),
  )

const kindDifferences = (name: string, known: Kind, live: Kind): readonly string[] => {
  const added = [...live.fields.keys()].filter((path) => !known.fields.has(path))
  const always = [...known.fields].filter(([, { count }]) => count === known.count).map(([path]) => path)
  const missing = always.filter((path) => !live.fields.has(path))
  const changed = [...live.fields].flatMap(([path, { types }]) => {
    const before = known.fields.get(path)?.types
    if (before === undefined) return []
    const strange = [...types].filter((type) => type !== 'null' && !before.has(type))
    return strange.length === 0 || (before.size === 1 && before.has('null'))
      ? []
      : [`${name}: ${path} is ${strange.join(', ')}, recorded as ${[...before].join(', ')}`]
  })
  return [
    ...outermost(added).map((path) => `${name}: ${path} is new`),
    ...outermost(missing).map((path) => `${name}: ${path} is missing`),
    ...changed,
  ]
}

/** What the live objects have that the known ones have not, and the reverse, in words. */
export const differences = (known: Shape, live: Shape): readonly string[] =>
  [...live].flatMap(([name, kind]) => {
    const before = known.get(name)
    return before === undefined ? [`${name}: not recorded yet`] : kindDifferences(name, before, kind)
  })
