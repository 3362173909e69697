import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { configSchema } from '../../src/config/config-schema.ts'
import { manifestSchema } from '../../src/sessions/manifest-schema.ts'
import { stateSchema, transcriptSchema } from '../../src/views/output-schemas.ts'

test.each([
  ['config', configSchema],
  ['manifest', manifestSchema],
  ['state', stateSchema],
  ['transcript', transcriptSchema],
])('a program gets the schema of a %s from the package', (name, made) => {
  // By the package's own name, as a program that has it installed does.
  const schema = createRequire(import.meta.url)(`berth-agents/schema/${name}.schema.json`)
  expect(schema).toEqual(JSON.parse(JSON.stringify(made())))
})
