import { expect, test } from 'vitest'
import type { FoundTask } from '../../store/store.ts'
import { resolveId } from './resolve-id.ts'

const task = (id: string, name: string | null = null): FoundTask => ({ id, name })
const resolve = (text: string, found: readonly FoundTask[], elsewhere: readonly FoundTask[] = []) =>
  resolveId({ find: () => found, findElsewhere: () => elsewhere }, text)

test('an id or a name beats a beginning, and a beginning what stands elsewhere', () => {
  expect(resolve('fix', [task('t-1', 'fix'), task('t-fix2')])).toBe('t-1')
  expect(resolve('t-01k3', [task('t-01k3abc')], [task('t-2')])).toBe('t-01k3abc')
  expect(resolve('abcdef', [], [task('t-01k3abcdef')])).toBe('t-01k3abcdef')
  expect(resolve('ses_4Fx9Kq', [], [task('t-1')])).toBe('t-1')
})

test('several tasks are told with their names', () => {
  const two = [task('t-01k3a', 'fix'), task('t-01k3b')]
  const told = expect.objectContaining({ code: 'ambiguous', message: 'abcdef could be t-01k3a (fix), t-01k3b' })
  expect(() => resolve('abcdef', two)).toThrow(told)
  expect(() => resolve('abcdef', [], two)).toThrow(told)
})

test('a short text is only a beginning, and what cannot be an id asks no store', () => {
  expect(() => resolve('abcde', [], [task('t-1')])).toThrow('there is no such task')
  for (const text of ['../x', 'a b', '', '-x', 'x'.repeat(101)])
    expect(() => resolve(text, [task('t-1')])).toThrow('not the id or name of a task')
})
