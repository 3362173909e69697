import { expect, test, vi } from 'vitest'
import { LABEL } from '../../domain/container-spec.ts'
import type { Event, EventBody } from '../../domain/event.ts'
import type { Engine, EngineEvent } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask } from '../task/live-task.ts'
import { watchContainers } from './watch-containers.ts'

const none: Engine['events'] = async function* () {}

/** A watcher of turn 1, with what the engine tells said by the test; the journal had `before`. */
const watcher = (before: readonly object[] = [], kept: object | null = null, missed: Engine['events'] = none) => {
  const written: EventBody[] = []
  let tell: (event: EngineEvent) => void = () => {}
  const live = {
    id: 't-one',
    record: { kept },
    journal: { select: () => before as readonly Event[] },
    append: (...events: readonly EventBody[]) => written.push(...events),
  } as unknown as LiveTask
  const watched = watchContainers({
    deps: {
      engines: {
        events: (_engine: Engine, _task: string, take: typeof tell) => {
          tell = take
          return { [Symbol.dispose]() {} }
        },
      },
    } as unknown as Deps,
    live,
    plan: { turn: 1 } as Plan,
    engine: { events: missed } as unknown as Engine,
  })
  let at = 0
  return {
    watched,
    told: () => written.flatMap((one) => (one.type === 'engine.event' ? [`${one.action} ${one.container}`] : [])),
    tell(action: string, name: string) {
      at += 1
      const labels = { [LABEL.turn]: '1' }
      tell({ action, name, labels, at: String(at), exitCode: null, signal: null } as unknown as EngineEvent)
    },
  }
}

/** Whether it has settled by now. */
const isSettled = async (settled: Promise<void>) => {
  const waits = Symbol()
  return (await Promise.race([settled, new Promise((resolve) => setImmediate(resolve, waits))])) !== waits
}

test('the last word is waited for, of a second container too', async () => {
  const { watched, tell, told } = watcher()
  for (const action of ['create', 'start', 'die']) tell(action, 'first')
  expect(await isSettled(watched.settled())).toBe(true)
  tell('start', 'second')
  const settled = watched.settled()
  expect(await isSettled(settled)).toBe(false)
  tell('die', 'second')
  expect(await isSettled(settled)).toBe(true)
  expect(told()).toEqual(['create first', 'start first', 'die first', 'start second', 'die second'])
})

test('a container that is kept is not waited for', async () => {
  const { watched, tell } = watcher([], { until: '2026-01-01T00:00:00.000Z' })
  tell('start', 'first')
  expect(await isSettled(watched.settled())).toBe(true)
})

test('an engine that says no more is not waited for', async () => {
  const { watched, tell } = watcher()
  tell('start', 'first')
  await vi.waitFor(() => watched.settled(), 5000)
})

test('what an earlier supervisor has written is not written again, and counts', async () => {
  const event = { type: 'engine.event', turn: 1, action: 'start', container: 'first', told: '1' }
  const { watched, tell, told } = watcher([event])
  tell('start', 'first')
  expect(told()).toEqual([])
  const settled = watched.settled()
  expect(await isSettled(settled)).toBe(false)
  tell('die', 'first')
  await settled
  expect(told()).toEqual(['die first'])
})

test('the end that no supervisor saw is waited for, however slowly the engine tells it', async () => {
  let tellNow = () => {}
  const slow = new Promise<void>((resolve) => {
    tellNow = resolve
  })
  const started = { type: 'turn.started', turn: 1, at: '2026-01-01T00:00:00.000Z' }
  const die = { action: 'die', name: 'first', at: '9', exitCode: 137, signal: null, labels: { [LABEL.turn]: '1' } }
  const { watched, told } = watcher([started], null, async function* () {
    await slow
    yield die as unknown as EngineEvent
  })
  const settled = watched.settled()
  expect(await isSettled(settled)).toBe(false)
  tellNow()
  await settled
  expect(told()).toEqual(['die first'])
})
