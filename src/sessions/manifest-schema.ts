import { NO_FILE } from '../config/config-file.ts'
import { mergeConfig } from '../config/load-config.ts'
import { type Json, schemaOf, settingSchema } from '../config/setting-schema.ts'
import { ALIASES, type Kind, OWN_KEYS, ownKeysOf, RESOURCES, settingsOf } from './manifest-keys.ts'

const reference = (key: string): Json => ({ $ref: `#/definitions/settings/${key}` })
const references = (keys: readonly string[]): Json => Object.fromEntries(keys.map((key) => [key, reference(key)]))
const closed = (properties: Json): Json => ({ type: 'object', additionalProperties: false, properties })

const table = (kind: Kind): Json =>
  closed({
    ...Object.fromEntries(
      ownKeysOf(kind).map((key) => {
        const { schema, expected, description } = OWN_KEYS[key]
        return [key, { description: `${description} Expected: ${expected}.`, ...schemaOf(schema) }]
      }),
    ),
    ...references(settingsOf(kind)),
    ...Object.fromEntries(Object.entries(ALIASES).map(([name, key]) => [name, reference(key)])),
    resources: { description: 'Limits of the task.', ...closed(references(RESOURCES)) },
  })

/** The JSON Schema of a manifest, for editors and other programs. */
export const manifestSchema = (): Json => {
  const defaults = mergeConfig({}, {}, NO_FILE).values
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A manifest of sessions for Berth',
    ...closed({
      $schema: { type: 'string' },
      name: { description: "The name of the manifest; without it, the file's name.", type: 'string' },
      defaults: { description: 'Keys of every session that does not set them itself.', ...table('defaults') },
      bundles: {
        description: 'Named keys that sessions take by `bundle`.',
        type: 'object',
        additionalProperties: table('bundle'),
      },
      sessions: {
        description: 'The sessions; each becomes one task.',
        type: 'array',
        minItems: 1,
        items: { ...table('session'), required: ['id'] },
      },
    }),
    required: ['sessions'],
    definitions: {
      settings: Object.fromEntries(settingsOf('session').map((key) => [key, settingSchema(key, defaults[key])])),
    },
  }
}
