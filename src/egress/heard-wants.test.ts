import { expect, test, vi } from 'vitest'
import { heardWants } from './heard-wants.ts'

const wanted = (task: string, version = '1') => ({ task, login: 'codex/work', version })

test('a listener that comes later hears of what is still wanted', async () => {
  const wants = heardWants()
  for (const task of ['a', 'b', 'c']) wants.tell(wanted(task))
  wants.tell(wanted('b', '2'))
  wants.met('a')
  const later = vi.fn()
  wants.listen(later)
  await Promise.resolve()
  expect(later.mock.calls).toEqual([[wanted('b', '2')], [wanted('c')]])
  wants.tell(wanted('d'))
  expect(later).toHaveBeenLastCalledWith(wanted('d'))
})

test('one that left hears nothing, nor one of a gateway that is gone', async () => {
  const wants = heardWants()
  wants.tell(wanted('a'))
  const left = vi.fn()
  wants.listen(left)()
  wants.clear()
  const later = vi.fn()
  wants.listen(later)
  await Promise.resolve()
  wants.tell(wanted('b'))
  expect([left.mock.calls, later.mock.calls]).toEqual([[], [[wanted('b')]]])
})
