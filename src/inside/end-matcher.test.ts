import { expect, test } from 'vitest'
import { endMatcher } from './end-matcher.ts'

const end = { field: 'type', values: ['turn.completed', 'result'], graceMs: 1 }
const matches = (...chunks: readonly string[]) => {
  const matcher = endMatcher(end)
  return chunks.map((chunk) => matcher(Buffer.from(chunk)))
}

test('a whole line with the field is a match, in one piece or several', () => {
  expect(matches('{"type":"turn.completed"}\n')).toEqual([true])
  expect(matches('x\n{"a":1, "type" : "res', 'ult"}', '\n', '{}\n')).toEqual([false, false, true, false])
})

test('a value may be true or false', () => {
  const matcher = endMatcher({ field: 'end', values: [true], graceMs: 1 })
  const lines = ['{"end":false}\n', '{"end":"true"}\n', '{"end":true}\n']
  expect(lines.map((line) => matcher(Buffer.from(line)))).toEqual([false, false, true])
})

test.each([
  ['a field of another object', '{"item":{"type":"result"}}\n'],
  ['a text that holds it', '{"type":"text","text":"{\\"type\\":\\"result\\"}"}\n'],
  ['a line that is no JSON', 'he said "type" and "result"\n'],
  ['a list', '["type","result"]\n'],
  ['null', 'null\n'],
  ['no line yet', '{"type":"result"}'],
])('no match: %s', (_, line) => {
  expect(matches(line)).toEqual([false])
})
