import { expect, test } from 'vitest'
import type { TaskRecord } from '../../domain/task.ts'
import { tasksBefore } from './tasks-before.ts'

const tasks: Readonly<Record<string, Pick<TaskRecord, 'id' | 'after'>>> = {
  t1: { id: 't1' },
  t2: { id: 't2', after: [{ name: 'plan', task: 't1' }] },
  t3: {
    id: 't3',
    after: [
      { name: 'build', task: 't2' },
      { name: 'gone', task: 't9' },
    ],
  },
}
const found = (after: Parameters<typeof tasksBefore>[0]) =>
  [...tasksBefore(after, (id) => tasks[id] as TaskRecord | undefined)].map(([name, { record }]) => [name, record?.id])

test('all that a task begins after, directly or through others; one that was removed has no record', () => {
  expect(found([{ name: 'test', task: 't3' }])).toEqual([
    ['test', 't3'],
    ['build', 't2'],
    ['gone', undefined],
    ['plan', 't1'],
  ])
})

test('of one name the nearest counts', () => {
  expect(
    found([
      { name: 'build', task: 't2' },
      { name: 'plan', task: 't3' },
    ]),
  ).toEqual([
    ['build', 't2'],
    ['plan', 't3'],
    ['gone', undefined],
  ])
})
