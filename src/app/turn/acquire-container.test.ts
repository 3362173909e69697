import { expect, test, vi } from 'vitest'
import { aLogin } from '../../../test/fixtures/logins.ts'
import { NO_COMPANY } from '../../domain/company-network.ts'
import { BerthError } from '../../domain/errors.ts'
import type { EventBody } from '../../domain/event.ts'
import type { ContainerInfo, Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import type { StepId } from '../../plan/step.ts'
import { codex } from '../../providers/codex.ts'
import type { Deps } from '../deps.ts'
import type { HeldContext } from '../task/held-context.ts'
import type { LiveTask } from '../task/live-task.ts'
import type { TurnHistory } from '../task/turn-history.ts'
import { acquireContainer } from './acquire-container.ts'
import { turnControl } from './control.ts'
import { NO_TOKEN } from './hold-token.ts'

const plan = {
  provider: 'p',
  turn: 1,
  container: { name: 'berth-t-one-1-1' },
  folders: { exchange: '/nonexistent' },
  source: { kind: 'clone', url: 'https://example.invalid/a', sha: '', ref: 'main', branch: 'main' },
  model: { key: 'env:KEY' },
  envFrom: [],
  steps: [
    { id: 'mirror', needs: [] },
    { id: 'order', needs: ['mirror'] },
  ],
} as unknown as Plan

const bench = () => {
  const told: EventBody[] = []
  const killed: string[] = []
  const fetching = Promise.withResolvers<AbortSignal>()
  const engine = {
    inspect: async () => undefined,
    kill: async (_: string, signal: string) => {
      killed.push(signal)
      return true
    },
  } as unknown as Engine
  const live = {
    id: 't-one',
    record: { unreachable: null },
    journal: { select: () => [{ type: 'task.created', task: { request: {} } }] },
    callerContext: null as object | null,
    append: (...events: EventBody[]) => told.push(...events),
    commit: async (...events: EventBody[]) => void told.push(...events),
    provided: () => new Promise(() => {}),
  }
  const deps = {
    forges: { of: () => undefined },
    config: { providers: new Map([['p', { supports: { resume: false } }]]), companyNetwork: () => NO_COMPANY },
    installation: { folders: { state: '/nonexistent' } },
    egress: { held: async () => [] },
    git: {
      mirror: ({ signal }: { signal: AbortSignal }) => {
        fetching.resolve(signal)
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    },
  } as unknown as Deps
  const control = turnControl({ live: live as unknown as LiveTask, turn: 1, engine, graceMs: 0 })
  const shutdown = new AbortController()
  const run = (planned = plan) => {
    const history = { started: true, container: null } as TurnHistory
    const task = live as unknown as LiveTask
    return acquireContainer({
      deps,
      live: task,
      plan: planned,
      engine,
      control,
      history,
      signal: shutdown.signal,
      token: NO_TOKEN,
    })
  }
  return { control, told, killed, live, shutdown, fetching, engine, run }
}

const EVERY: Readonly<Record<StepId, true>> = {
  ...{ folders: true, prompt: true, token: true, mirror: true, lfs: true, modules: true, tree: true, copy: true },
  ...{ exchange: true, gateway: true, create: true, start: true, check: true, login: true, daemon: true, key: true },
  ...{ order: true, bare: true },
}

test('a container that has ended needs no step of its launch again, and so nobody', async () => {
  const { control, told, engine, run } = bench()
  engine.inspect = async () => ({ id: 'c1', state: 'exited' }) as ContainerInfo
  const steps = Object.keys(EVERY).map((id) => ({ id, needs: [] }))
  expect(await run({ ...plan, steps } as unknown as Plan)).toBe('c1')
  expect(told).toEqual([])
  control.end()
})

test('a turn whose stop a lost supervisor was asked for does not begin, nor wait for a key', async () => {
  const { control, told, run } = bench()
  await control.restore({ by: 'user', reason: 'stopped by the user' })
  await expect(run()).rejects.toThrow('stopped by the user')
  expect(told).toEqual([])
})

test('a supervisor that shuts down ends its launch and does not wait for the fetch', async () => {
  const { live, shutdown, fetching, run } = bench()
  live.callerContext = { callerEnv: {}, key: 'k', env: {} }
  const running = run()
  await fetching.promise
  shutdown.abort(new Error('the supervisor shuts down'))
  await expect(running).rejects.toThrow('the supervisor shuts down')
})

test('a stop that cannot be written down stops all the same', async () => {
  const { control, live, killed } = bench()
  await control.started('c')
  live.commit = () => Promise.reject(new Error('no space left'))
  await expect(control.request({ by: 'host', reason: 'the disk is nearly full' })).rejects.toThrow('no space left')
  expect(killed).toEqual(['SIGTERM'])
  control.end()
})

test('a turn with a login needs no shell after its supervisor was lost, but for a repository that asks for one', async () => {
  const { told, live, shutdown, control, engine } = bench()
  const login = { name: 'default', service: 'chatgpt' }
  const own = { ...plan, login, model: { ...plan.model, key: 'login:codex/default' }, provider: 'codex' } as Plan
  const tries: object[] = []
  const given = Promise.withResolvers<HeldContext>()
  const deps = {
    forges: { of: () => undefined },
    config: { providers: new Map([['codex', codex]]), companyNetwork: () => NO_COMPANY },
    installation: { folders: { state: '/nonexistent' } },
    egress: { held: async () => [] },
    logins: {
      stored: () => new Promise(() => {}),
      fresh: async () => ({ kind: 'ready', login: aLogin(), version: 'v' }),
    },
    git: {
      mirror: async ({ callerEnv }: { callerEnv: object }) => {
        tries.push(callerEnv)
        if (tries.length === 1) throw new BerthError('repository-unreachable', 'it wants your agent')
        return {}
      },
    },
  } as unknown as Deps
  const task = { ...live, provided: () => given.promise, hide: () => {} } as unknown as LiveTask
  const history = { started: true, container: null, journaledTypes: new Set() } as unknown as TurnHistory
  const steps = [{ id: 'mirror', needs: [] }]
  const running = acquireContainer({
    ...{ deps, live: task, engine, control, history, signal: shutdown.signal, token: NO_TOKEN },
    plan: { ...own, steps } as unknown as Plan,
  })
  await vi.waitFor(() =>
    expect(told).toMatchObject([{ type: 'turn.blocked', reason: expect.stringMatching(/^its environment was lost/) }]),
  )
  given.resolve({ callerEnv: { SSH_AUTH_SOCK: '/s' }, key: null, env: {} })
  await running
  expect(tries).toEqual([{}, { SSH_AUTH_SOCK: '/s' }])
})
