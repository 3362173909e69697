import * as z from 'zod'

type Json = z.core.JSONSchema.JSONSchema
type Named = Map<string, Json>

const INDENT = '  '

const either = (types: readonly string[]): string => [...new Set(types)].join(' | ')

const objectText = (schema: Json, indent: string): string => {
  const { properties = {}, required = [], additionalProperties } = schema
  const inner = `${indent}${INDENT}`
  const lines = Object.entries(properties).flatMap(([name, field]) => {
    if (typeof field === 'boolean') return []
    const { description } = field
    const line = `${inner}${name}${required.includes(name) ? '' : '?'}: ${typeText(field, inner)}`
    return description === undefined ? [line] : [`${inner}// ${description}`, line]
  })
  if (lines.length > 0) return `{\n${lines.join('\n')}\n${indent}}`
  return typeof additionalProperties === 'object' ? `Record<string, ${typeText(additionalProperties, indent)}>` : '{}'
}

const arrayText = (schema: Json, indent: string): string => {
  const item = typeText((schema.items ?? {}) as Json, indent)
  return item.includes(' | ') && !item.startsWith('{') ? `(${item})[]` : `${item}[]`
}

const ofType: Readonly<Record<string, (schema: Json, indent: string) => string>> = {
  null: () => 'null',
  object: objectText,
  array: arrayText,
  integer: () => 'number',
}

/** A schema that is made of others; undefined for one that is not. */
const composed = (schema: Json, indent: string): string | undefined => {
  const texts = (all: readonly Json[]) => all.map((one) => typeText(one, indent))
  if (schema.allOf !== undefined) return texts(schema.allOf).join(' & ')
  const several = schema.anyOf ?? schema.oneOf
  if (several !== undefined) return either(texts(several))
  if (!Array.isArray(schema.type)) return undefined
  return either(texts(schema.type.map((type): Json => ({ ...schema, type: type as 'string' }))))
}

/** A schema as TypeScript writes it, with what is said of its fields in lines above them. */
const typeText = (schema: Json, indent: string): string => {
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1) ?? ''
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  const { type = 'unknown', enum: values } = schema
  if (values !== undefined && type !== 'null' && !Array.isArray(type))
    return either(values.map((one) => JSON.stringify(one)))
  return composed(schema, indent) ?? ofType[String(type)]?.(schema, indent) ?? String(type)
}

/** A schema's text for the reference: its name where it has one, which is then put among the named. */
export const schemaText = (schema: z.ZodType, io: 'input' | 'output', named: Named): string => {
  const { $defs = {}, $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  for (const [name, one] of Object.entries($defs)) named.set(name, one)
  const name = z.globalRegistry.get(schema)?.id
  if (name === undefined) return typeText(json, '')
  if (json.$ref === undefined) named.set(name, json)
  return name
}

/** The types that the texts name, in the order of their names. */
export const namedTypes = (named: Named): readonly string[] =>
  [...named]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => {
      const { description, ...rest } = schema
      return `${description === undefined ? '' : `// ${description}\n`}type ${name} = ${typeText(rest, '')}`
    })
