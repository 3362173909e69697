import { expect, test } from 'vitest'
import { answerJson } from './answer-json.ts'

const readOf = (message: string) => {
  const read = answerJson(message)
  return read.ok ? read.value : read.error
}

test.each([
  ['plain', '{"a": 1}', { a: 1 }],
  ['plain, with white space', '\n [1, 2]\n', [1, 2]],
  ['a text', '"done"', 'done'],
  ['fenced', '```json\n{"a": 1}\n```', { a: 1 }],
  ['fenced without a name', 'Here it is:\n```\n{"a": 1}\n```\nDone.', { a: 1 }],
  ['fenced with tildes', '~~~JSON\n{"a": 1}\n~~~', { a: 1 }],
  ['the last of several', '```json\n1\n```\nbetter:\n```json\n2\n```', 2],
  ['beside a block of another kind', '```json\n1\n```\n```sh\nls\n```', 1],
  ['inside a longer fence', '````json\n["```"]\n````', ['```']],
  ['with carriage returns', '```json\r\n{"a": 1}\r\n```\r\n', { a: 1 }],
])('the JSON of a message: %s', (_, message, value) => {
  expect(readOf(message)).toEqual(value)
})

test.each([
  ['no message', ' \n', /there is no message/],
  ['words', 'all done', /^the message is no JSON that Berth takes: /],
  ['a fence that nobody closed', '```json\n{"a": 1}', /^the message is no JSON that Berth takes: /],
  ['a block that is not JSON', '```json\n{a: 1}\n```', /^the message is no JSON that Berth takes: /],
  ['more levels than anybody means', '['.repeat(30_000) + ']'.repeat(30_000), /it has more than 200 levels$/],
  ['a block of another kind', '```yaml\n1\n```', /^the message is no JSON that Berth takes: /],
])('a message without JSON: %s', (_, message, error) => {
  expect(readOf(message)).toMatch(error)
})

test('keys that objects have by themselves are data', () => {
  expect(Object.keys(readOf('{"__proto__": 1}') as object)).toEqual(['__proto__'])
})
