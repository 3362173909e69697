import * as z from 'zod'
import { EXPERIMENTAL_KEYS, type Key, SETTINGS, variableOf, WHEN_UNSET } from './settings.ts'

export type Json = Readonly<Record<string, unknown>>

/** The JSON Schema of what `schema` reads. */
export const schemaOf = (schema: z.ZodType): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'draft-7' })
  return rest
}

/** The JSON Schema of a setting, with its description; `standard`: its default. */
export const settingSchema = (key: Key, standard: unknown): Json => {
  const { schema, description, expected, type } = SETTINGS[key]
  const unset = WHEN_UNSET[key]
  const mark = EXPERIMENTAL_KEYS.includes(key) ? ['Experimental: it may change in any version.'] : []
  const variable = SETTINGS[key].scope === 'request' ? [] : [`Variable: ${variableOf(key)}.`]
  const notes = [...mark, `Expected: ${expected}.`, ...(unset === undefined ? [] : [`Default: ${unset}.`]), ...variable]
  const plain = type === 'enum' || type === 'number' || type === 'boolean' || type === 'string'
  return {
    description: [description, ...notes].join(' '),
    ...schemaOf(schema),
    ...(plain && standard !== null && standard !== undefined ? { default: standard } : {}),
  }
}
