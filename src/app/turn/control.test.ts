import { expect, onTestFinished, test, vi } from 'vitest'
import type { Engine } from '../../engines/engine.ts'
import type { LiveTask } from '../task/live-task.ts'
import { turnControl } from './control.ts'

const bench = () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<boolean>()
  const signals: string[] = []
  const engine = {
    kill: (_: string, signal: string) => {
      signals.push(signal)
      asked.resolve()
      return answer.promise
    },
  } as unknown as Engine
  const live = { commit: async () => {} } as unknown as LiveTask
  return { control: turnControl({ live, turn: 1, engine, graceMs: 0 }), asked: asked.promise, answer, signals }
}

test('a container that does not end after TERM is killed', async () => {
  const { control, answer, signals } = bench()
  answer.resolve(true)
  await control.started('c')
  await control.request({ by: 'user', reason: 'enough' })
  await vi.runAllTimersAsync()
  expect(signals).toEqual(['SIGTERM', 'SIGKILL'])
})

test('a turn that ends while the engine takes the TERM gets no KILL', async () => {
  const { control, asked, answer, signals } = bench()
  await control.started('c')
  const stopped = control.request({ by: 'user', reason: 'enough' })
  await asked
  control.end()
  answer.resolve(true)
  await stopped
  await vi.runAllTimersAsync()
  expect(signals).toEqual(['SIGTERM'])
})
