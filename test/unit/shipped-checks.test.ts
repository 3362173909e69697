import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const SOURCES = join(import.meta.dirname, '../../src')

const filesWith = (words: RegExp): readonly string[] =>
  readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .filter((name) => words.test(readFileSync(join(SOURCES, name), 'utf8')))
    .sort()

test('no program gives the gateway other checks than its own', () => {
  expect(filesWith(/\bGatewayChecks = Readonly|checks = CHECKS\b/)).toEqual([
    'egress/checks.ts',
    'egress/run-gateway.ts',
  ])
  expect(filesWith(/await runGateway\(/)).toEqual(['egress/main.ts'])
  expect(filesWith(/\bchecks\b/)).not.toContain('egress/main.ts')
})
