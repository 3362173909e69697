import { expect, test } from 'vitest'
import { BerthError } from '../domain/errors.ts'
import { eachTask } from './each-task.ts'

const refuse = async (id: string) => {
  if (id.startsWith('x')) throw new BerthError('not-allowed', `${id} is running`)
  return id
}

test('one that is refused keeps no other from it, and what was done is told first', async () => {
  const told: (readonly string[])[] = []
  const tell = (done: readonly string[]) => void told.push(done)
  await eachTask(['a', 'b'], refuse, tell)
  await expect(eachTask(['a', 'x1', 'b', 'x2'], refuse, tell, 'stop them')).rejects.toMatchObject({
    code: 'not-allowed',
    message: 'x1 is running\nx2 is running',
    hint: 'stop them',
  })
  await expect(eachTask(['x1'], refuse, tell, 'stop them')).rejects.toMatchObject({ message: 'x1 is running' })
  expect(told).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ])
})

test('what is no word for a person ends it at once', async () => {
  const broken = async () => {
    throw new Error('the connection is gone')
  }
  await expect(eachTask(['a', 'b'], broken, () => {})).rejects.toThrow('the connection is gone')
})
