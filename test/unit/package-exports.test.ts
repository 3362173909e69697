import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { configSchema } from '../../src/config/config-schema.ts'

test('a program gets the schema of the config file from the package', () => {
  // By the package's own name, as a program that has it installed does.
  const schema = createRequire(import.meta.url)('berth-agents/schema/config.schema.json')
  expect(schema).toEqual(JSON.parse(JSON.stringify(configSchema())))
})
