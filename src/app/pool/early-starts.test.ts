import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { ContainerSpec } from '../../domain/container-spec.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import { earlyStarts } from './early-starts.ts'

/** A state folder, an engine that remembers its containers, and how many tasks may begin. */
const scene = (places = 9) => {
  const folder = temporaryFolder('berth-early-')
  const state = folder.at('state')
  const runtime = folder.at('run')
  mkdirSync(`${state}/tasks`, { recursive: true })
  const containers = new Map<string, string>()
  const engine = {
    create: async ({ name, labels }: ContainerSpec) => {
      containers.set(name, labels['berth.task'] ?? '')
      return name
    },
    start: () => sleep(5),
    check: async () => ({ settings: {}, pid: 1 }),
    list: async (labels: Readonly<Record<string, string>>) =>
      [...containers].filter(([, task]) => task === labels['berth.task']).map(([id]) => ({ id })),
    remove: async (id: string) => void containers.delete(id),
  } as unknown as Engine
  const deps = {
    installation: { folders: { state, runtime, configFile: '' } },
    git: { dropEmpty: async () => {} },
    store: { get: () => undefined, list: () => [] },
    log: () => {},
  } as unknown as Deps
  const starts = earlyStarts<string>({
    deps,
    shutdown: new AbortController().signal,
    mayBegin: (_, before) => before.length < places,
    isAhead: () => false,
    onChange: () => {},
  })
  const plan = (task: string, image = 'a'): Plan => {
    const own = `${state}/tasks/${task}`
    const folders = {
      task: own,
      workspace: `${own}/w`,
      home: `${own}/h`,
      exchange: `${own}/x`,
      socket: `${runtime}/${task}`,
    }
    const steps = ['folders', 'create', 'start', 'check', 'order'].map((id, at, all) => {
      const before = all[at - 1]
      return { id, needs: before === undefined ? [] : [before], cause: '' }
    })
    return {
      ...{
        task,
        turn: 1,
        engine: { kind: 'docker', endpoint: 'unix:///a' },
        image: { reference: image, digest: image },
      },
      ...{ isolation: 'container', owner: null, source: { kind: 'none' }, folders, steps },
      container: { name: `berth-${task}-1-1`, labels: { 'berth.task': task }, mounts: [] },
    } as unknown as Plan
  }
  const left = () => [...readdirSync(state).filter((name) => name !== 'tasks'), ...readdirSync(`${state}/tasks`)]
  return { starts, plan, engine, containers, left, state, [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

test('a task takes its own container with the steps that are over, once', async () => {
  using s = scene()
  const plan = s.plan('t-one')
  s.starts.begin(plan, s.engine, 't-one')
  s.starts.begin(plan, s.engine, 't-one')
  const taken = await s.starts.take(plan, 't-one')
  const start = await taken?.over('start')
  expect(start?.container).toBe('berth-t-one-1-1')
  expect(start?.events.map(({ type }) => type)).toEqual(['turn.span'])
  expect([...s.containers.values()]).toEqual(['t-one'])
  expect(await s.starts.take(plan, 't-one')).toBeUndefined()
  taken?.settle()
  await expect.poll(s.left).toEqual(['t-one'])
})

test('a task whose plan wants another container, or that has to wait, finds nothing under its id', async () => {
  for (const [other, places] of [
    ['b', 9],
    ['a', 1],
  ] as const) {
    using s = scene(places)
    s.starts.begin(s.plan('t-one'), s.engine, 't-one')
    if (places === 1) s.starts.begin(s.plan('t-two'), s.engine, 't-two')
    else expect(await s.starts.take(s.plan('t-one', other), 't-one')).toBeUndefined()
    if (places === 1) await s.starts.drop('t-one')
    expect([[...s.containers], s.left()]).toEqual([[], []])
  }
})

test('what is refused is off the tasks at once, and nothing is made under its id before it has gone', async () => {
  using s = scene()
  const plan = s.plan('t-one')
  s.starts.begin(plan, s.engine, 't-one')
  await expect.poll(() => s.containers.size).toBe(1)
  const gone = s.starts.drop('t-one')
  expect([existsSync(`${s.state}/tasks/t-one`), s.starts.busy()]).toEqual([false, true])
  s.starts.begin(plan, s.engine, 't-one')
  expect(await s.starts.take(plan, 't-one')).toBeUndefined()
  await gone
  expect([[...s.containers], s.left(), s.starts.busy()]).toEqual([[], [], false])
})

test('the supervisor removes what no task has when it ends', async () => {
  using s = scene()
  for (const id of ['t-one', 't-two']) s.starts.begin(s.plan(id), s.engine, id)
  await s.starts.close()
  expect([[...s.containers], s.left()]).toEqual([[], []])
})
