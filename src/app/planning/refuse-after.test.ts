import { expect, test } from 'vitest'
import type { TaskRequest } from '../../domain/request.ts'
import { taskRequest } from '../../domain/request.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { Deps } from '../deps.ts'
import { refuseAfter } from './refuse-after.ts'

const KNOWN = `t-${'1'.repeat(18)}`
const store = {
  submitted: (id: string) => (id === KNOWN ? ({ id } as TaskRecord) : undefined),
} as Deps['store']
const refuse = (prompt: string, after?: TaskRequest['after']) =>
  refuseAfter({ store }, taskRequest.parse({ prompt, after }))

test('results of tasks that are there are taken', () => {
  refuse('{{results.plan.text}}', [{ name: 'plan', task: KNOWN }])
})

test('without others, braces are the prompt’s own', () => {
  refuse('{{results.plan.text}}')
})

test('a task that does not exist is refused', () => {
  const task = `t-${'2'.repeat(18)}`
  expect(() => refuse('do it', [{ name: 'plan', task }])).toThrow(`after plan: there is no task ${task}`)
})

test.each([
  ['{{results.plam.text}}', 'the task begins after no "plam" (did you mean plan?)'],
  ['{{results.plan.txt}}', 'there is no field "txt"'],
])('%s is refused', (prompt, words) => {
  expect(() => refuse(prompt, [{ name: 'plan', task: KNOWN }])).toThrow(words)
})

test('a name stands for one task', () => {
  const twice = [
    { name: 'plan', task: KNOWN },
    { name: 'plan', task: KNOWN },
  ]
  expect(() => refuse('do it', twice)).toThrow('each name once')
})
