import { expect, test } from 'vitest'
import { addModel, mainModel, modelOf } from './model-usage.ts'
import type { ModelUsage } from './usage.ts'

const usage = (outputTokens: number) => ({ inputTokens: 1, cachedTokens: 0, outputTokens, reasoningTokens: 0 })
const told = (...answers: readonly (readonly [model: string | undefined, output: number])[]) =>
  answers.reduce<readonly ModelUsage[]>(
    (models, [model, output]) => addModel(models, { usage: usage(output), ...(model !== undefined && { model }) }),
    [],
  )

test('tokens are summed by name, however many names there are', () => {
  expect(told(['a', 1], ['b', 2], ['a', 3], [undefined, 9])).toEqual([
    { model: 'a', usage: { ...usage(4), inputTokens: 2 } },
    { model: 'b', usage: usage(2) },
  ])
  const many = told(...Array.from({ length: 1000 }, (_, i) => [`m-${i}`, 1] as const), ['m-3', 1], ['__proto__', 1])
  expect(many.map(({ model, usage: { outputTokens } }) => [model, outputTokens])).toEqual([
    ...Array.from({ length: 8 }, (_, i) => [`m-${i}`, i === 3 ? 2 : 1]),
    ['', 993],
  ])
  expect(mainModel(many)).toBe('m-3')
})

test('the one that wrote most is the model where none was asked for; of a turn before that of the task', () => {
  const models = told(['a', 2], ['b', 5], ['c', 5])
  expect(mainModel(models)).toBe('b')
  expect([mainModel([]), mainModel(undefined), mainModel(told(['a', 0]))]).toEqual([null, null, 'a'])
  const none = { provider: { model: null } }
  expect(modelOf({ ...none, models }, { models: told(['a', 1]) })).toBe('a')
  expect(modelOf({ ...none, models }, {})).toBe('b')
  expect(modelOf(none)).toBeNull()
  expect(modelOf({ provider: { model: 'asked' }, models })).toBe('asked')
})
