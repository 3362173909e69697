import { expect, test } from 'vitest'
import { isOverflow, overflowLoop } from './overflow-loop.ts'

test('overflow, summary, overflow, and so on is a loop; one with work between is none', () => {
  const loop = overflowLoop()
  const round = (answers: number) => {
    for (let i = 0; i < answers; i += 1) loop.answered()
    return loop.overflowed()
  }
  expect([20, 1, 1, 1].map(round)).toEqual([false, false, false, true])
  expect([5, 1, 1, 2, 1, 1, 1].map(round)).toEqual([false, false, false, false, false, false, true])
})

test.each([
  [400, '{"error":{"code":"context_length_exceeded","message":"x"}}', true],
  [400, '{"error":{"message":"prompt is too long: 210000 tokens"}}', true],
  [413, '{"error":{"message":"This model\'s maximum context length is 1"}}', true],
  [400, '{"error":{"message":"tools[3] is no tool"}}', false],
  [500, '{"error":{"message":"context window"}}', false],
])('%i %s is an overflow: %s', (status, body, expected) => {
  expect(isOverflow(status, body)).toBe(expected)
})
