import { expect, test } from 'vitest'
import { checkValue, schemaProblem } from './schema-check.ts'

const FILES = {
  type: 'object',
  properties: { files: { type: 'array', items: { type: 'string' } }, kind: { enum: ['fix', 'docs'] } },
  required: ['files'],
  additionalProperties: false,
}

const problems = (schema: Record<string, unknown>, value: unknown) => {
  const read = checkValue(schema, value)
  return read.ok ? null : read.error
}

test.each([
  ['of draft 2020-12', { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{ type: 'string' }] }],
  ['of draft 07', { $schema: 'http://json-schema.org/draft-07/schema#', definitions: { a: { type: 'string' } } }],
  ['without a draft', FILES],
  ['with a format', { type: 'string', format: 'date-time' }],
  ['with a reference to itself', { type: 'array', items: { $ref: '#' } }],
  ['with a reference of its own', { $defs: { a: { type: 'string' } }, $ref: '#/$defs/a' }],
  ['with a name', { $id: 'https://example.org/a', type: 'string' }],
])('a schema %s is one, each time', (_, schema) => {
  expect(schemaProblem(schema)).toBeNull()
  expect(schemaProblem(schema)).toBeNull()
})

test.each([
  ['an unknown type', { type: 'strng' }, /type/],
  ['an unknown keyword', { tpye: 'string' }, /unknown keyword: "tpye"/],
  ['a bound that is a text', { maxLength: '3' }, /maxLength/],
  ['a pattern that is none', { type: 'string', pattern: '(' }, /regular expression/i],
  ['a reference to elsewhere', { $ref: 'https://example.org/other.json' }, /can't resolve reference/],
  ['an unknown draft', { $schema: 'https://example.org/my-draft' }, /my-draft/],
  ['a check that takes its time', { $async: true, type: 'string' }, /\$async/],
])('no schema: %s', (_, schema, words) => {
  expect(schemaProblem(schema)).toMatch(words)
})

test('a value that fits, and the problems of one that does not', () => {
  expect(problems(FILES, { files: ['a'], kind: 'fix' })).toBeNull()
  expect(
    problems(FILES, { files: [1], kind: 'x', more: 1 })
      ?.split('\n')
      .sort(),
  ).toEqual([
    '/ must NOT have additional properties: "more"',
    '/files/0 must be string',
    '/kind must be equal to one of the allowed values: ["fix","docs"]',
  ])
})

test('what every object has by itself is no property of the value', () => {
  expect(problems({ type: 'object', required: ['toString'] }, {})).toMatch(/toString/)
})

test('no more than ten problems are told', () => {
  const lines = problems(
    { items: { type: 'string' } },
    Array.from({ length: 500 }, () => 1),
  )?.split('\n')
  expect(lines).toHaveLength(11)
  expect(lines?.at(-1)).toBe('and 490 more problems')
})

test('a pattern that takes for ever on a text ends the check and not the supervisor', () => {
  expect(problems({ type: 'string', pattern: '^(a+)+$' }, `${'a'.repeat(60)}!`)).toMatch(/takes more than/)
})
