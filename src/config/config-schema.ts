import { commandProvider } from '../domain/command-provider.ts'
import { price } from '../domain/price.ts'
import { NO_FILE } from './config-file.ts'
import { mergeConfig } from './load-config.ts'
import { type Kind, SECTION_KEYS } from './read-section.ts'
import { type Json, schemaOf, settingSchema } from './setting-schema.ts'
import { FILE_KEYS, KEY_TABLES, keysOfTable } from './settings.ts'

const reference = (key: string): Json => ({ $ref: `#/definitions/settings/${key}` })

/** A table with the settings of its kind, and others beside them. */
const table = (kind: Kind, others: Json = {}): Json => ({
  type: 'object',
  additionalProperties: false,
  properties: { ...Object.fromEntries(SECTION_KEYS[kind].map((key) => [key, reference(key)])), ...others },
})

/** A table whose keys are settings of the file. */
const keyTable = (name: (typeof KEY_TABLES)[number]): Json => ({
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries([...keysOfTable(name)].map(([own, key]) => [own, reference(key)])),
})

const tables = (inner: Json): Json => ({ type: 'object', additionalProperties: inner })

const names: Json = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }

/** The JSON Schema of the config file, for editors and other programs. */
export const configSchema = (): Json => {
  const defaults = mergeConfig({}, {}, NO_FILE).values
  const program = schemaOf(commandProvider) as { readonly properties: Json }
  const inherits = { description: 'Take the settings of these, too; a later one overrides an earlier one.', ...names }
  const agent = {
    description: 'Settings for one agent. With a command, the table describes the program of a further agent.',
    anyOf: [table('agent'), { ...table('agent', program.properties), required: ['command'] }],
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'The config file of Berth',
    ...table('file', {
      profiles: { description: 'Named settings for a place or a team.', ...tables(table('profile', { inherits })) },
      presets: { description: 'Named settings for a kind of task.', ...tables(table('preset', { inherits })) },
      agents: tables({ $ref: '#/definitions/agent' }),
      providers: tables({ $ref: '#/definitions/agent' }),
      ...Object.fromEntries(KEY_TABLES.map((name) => [name, keyTable(name)])),
      prices: { description: 'Dollars for a million tokens, by model.', ...tables(schemaOf(price)) },
    }),
    definitions: {
      agent,
      settings: Object.fromEntries(FILE_KEYS.map((key) => [key, settingSchema(key, defaults[key])])),
    },
  }
}
