import { expect, test } from 'vitest'
import { NO_COMPANY } from '../../domain/company-network.ts'
import type { EventBody } from '../../domain/event.ts'
import type { ContainerInfo, ContainerState, Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask } from '../task/live-task.ts'
import type { TurnHistory } from '../task/turn-history.ts'
import { acquireContainer } from '../turn/acquire-container.ts'
import { turnControl } from '../turn/control.ts'
import { NO_TOKEN } from './hold-token.ts'

const NAME = 'berth-t-one-1-1'

/** A launch in a pre-started container, as the engine has it by then. */
const launched = async (state: ContainerState | 'gone', until: number) => {
  const plan = {
    provider: 'p',
    turn: 1,
    container: { name: NAME, image: 'i' },
    image: { digest: null },
    engine: { kind: 'docker' },
    folders: { exchange: '/nonexistent' },
    envFrom: [],
    pooled: { until },
    steps: [
      { id: 'create', needs: [] },
      { id: 'start', needs: ['create'] },
      { id: 'check', needs: ['start'] },
    ],
  } as unknown as Plan
  const calls: string[] = []
  const told: EventBody[] = []
  const engine = {
    inspect: async () => (state === 'gone' ? undefined : ({ id: 'ahead', state } as ContainerInfo)),
    remove: async (id: string) => void calls.push(`remove ${id}`),
    create: async ({ name }: { name: string }) => {
      calls.push(`create ${name}`)
      return 'fresh'
    },
    start: async (id: string) => void calls.push(`start ${id}`),
    check: async (id: string) => {
      calls.push(`check ${id}`)
      return { settings: [], pid: 7 }
    },
  } as unknown as Engine
  const live = {
    id: 't-one',
    fromDisk: false,
    record: { unreachable: null },
    journal: { select: () => [{ type: 'task.created', task: { request: {} } }] },
    callerContext: { callerEnv: {}, key: null, env: {} },
    append: (...events: EventBody[]) => told.push(...events),
  } as unknown as LiveTask
  const deps = {
    forges: { of: () => undefined },
    config: { providers: new Map([['p', { supports: { resume: false } }]]), companyNetwork: () => NO_COMPANY },
    installation: { folders: { state: '/nonexistent' } },
  } as unknown as Deps
  const control = turnControl({ live, turn: 1, engine, graceMs: 0 })
  const history = { started: false, container: null, journaledTypes: new Set<string>() } as unknown as TurnHistory
  const container = await acquireContainer({
    deps,
    live,
    plan,
    engine,
    control,
    history,
    token: NO_TOKEN,
    signal: new AbortController().signal,
  })
  const spans = told.flatMap((event) => (event.type === 'turn.span' ? [event.name] : []))
  const created = told.filter((event) => event.type === 'container.created').map(({ id }) => id)
  const fresh = told.flatMap((event) => (event.type === 'sandbox.fresh' ? [event.reason] : []))
  return { container, calls, spans, created, fresh }
}

test('one that waits is taken as it is, compared and told of', async () => {
  expect(await launched('running', Date.now() + 60_000)).toEqual({
    container: 'ahead',
    calls: ['check ahead'],
    spans: ['pool', 'check'],
    created: ['ahead'],
    fresh: [],
  })
})

test.each<[string, ContainerState | 'gone', number]>([
  ['is gone', 'gone', 60_000],
  ['has ended', 'exited', 60_000],
  ['is held up', 'paused', 60_000],
  ['waits no more, or will not for long', 'running', -1],
])('one that %s: the turn begins in a fresh one', async (_, state, ms) => {
  expect(await launched(state, Date.now() + ms)).toEqual({
    container: 'fresh',
    calls: [`remove ${NAME}`, `create ${NAME}`, 'start fresh', 'check fresh'],
    spans: ['create', 'start', 'check'],
    created: ['fresh'],
    fresh: ['sandbox-ended'],
  })
})
