import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Event, EventBody } from '../../src/domain/event.ts'
import { reduce } from '../../src/domain/reduce.ts'
import type { TaskRecord } from '../../src/domain/task.ts'
import { engineRequest } from '../fixtures/engine-request.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { firstEvents, numbered } from '../fixtures/random-events.ts'
import { git } from '../fixtures/remotes/git.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { leftFiles } from '../fixtures/whole/left-files.ts'
import { leftOnEngine } from '../fixtures/whole/left-on-engine.ts'
import { processesOf } from '../fixtures/whole/processes-of.ts'
import { pushFlaws } from '../fixtures/whole/push-flaws.ts'
import { taskFlaws } from '../fixtures/whole/task-flaws.ts'

const outcome = { result: 'done', class: 'ok', reason: 'it ended', exitCode: 0 } as const
const WHOLE: readonly EventBody[] = [
  ...firstEvents,
  { type: 'turn.planned', turn: 1, plan: {} },
  { type: 'turn.started', turn: 1, attempt: 1, container: 'c' },
  { type: 'container.created', turn: 1, id: 'x', name: 'x', engine: 'docker', image: 'i', digest: null },
  { type: 'agent.started', turn: 1, from: [2, 0] },
  { type: 'agent.output', turn: 1, stream: 'stdout', text: 'line 1', from: [3, 0] },
  { type: 'agent.output', turn: 1, stream: 'stdout', text: 'line 2', from: [4, 0] },
  { type: 'container.exited', turn: 1, exitCode: 0, oom: false },
  { type: 'work.pushed', turn: 1, remote: 'r', branch: 'berth/t-1', sha: 's' },
  { type: 'turn.ended', turn: 1, outcome },
  { type: 'container.removed', turn: 1 },
]
const recordOf = (events: readonly Event[]): TaskRecord =>
  events.reduce<TaskRecord | undefined>(reduce, undefined) as TaskRecord
const flawsOf = (bodies: readonly EventBody[]) => taskFlaws(recordOf(numbered(bodies)), numbered(bodies))
const without = (type: EventBody['type']) => WHOLE.filter((body) => body.type !== type)
const twice = (type: EventBody['type']) => WHOLE.flatMap((body) => (body.type === type ? [body, body] : [body]))

describe('a task', () => {
  test('that is whole has no flaw', () => expect(flawsOf(WHOLE)).toEqual([]))

  test.each(['turn.started', 'container.created', 'work.pushed', 'container.removed', 'turn.planned'] as const)(
    'with %s told twice',
    (type) => expect(flawsOf(twice(type))).toContain(`t-1: turn 1, attempt 1: ${type} came 2 times`),
  )

  test('with a line of output told twice, or in another order', () => {
    expect(flawsOf(twice('agent.output'))).toContain('t-1: turn 1, attempt 1: frame 3.0 came after 3.0')
    const mixed = WHOLE.toSpliced(6, 2, WHOLE[7] as EventBody, WHOLE[6] as EventBody)
    expect(flawsOf(mixed)).toEqual(['t-1: turn 1, attempt 1: frame 3.0 came after 4.0'])
  })

  test('with an event before what comes before it', () => {
    const mixed = WHOLE.toSpliced(8, 3, WHOLE[9] as EventBody, WHOLE[8] as EventBody, WHOLE[10] as EventBody)
    expect(flawsOf(mixed)).toEqual(['t-1: turn 1, attempt 1: container.exited came after work.pushed'])
  })

  test('with a hole in its numbers', () => {
    const events = numbered(WHOLE).toSpliced(6, 1)
    expect(taskFlaws(recordOf(events), events)).toEqual(['t-1: event 8 stands where 7 belongs'])
  })

  test('that is not over, or not cleaned up, or has a record of its own making', () => {
    expect(flawsOf(WHOLE.slice(0, -2))).toEqual([
      't-1: the state running is not final',
      't-1: it is not cleaned up',
      't-1: turn 1 has no outcome',
    ])
    expect(flawsOf(without('container.removed'))).toEqual(['t-1: it is not cleaned up'])
    const events = numbered(WHOLE)
    expect(taskFlaws({ ...recordOf(events), state: 'failed' }, events)).toEqual([
      't-1: its record is not what its journal comes to: state',
    ])
  })
})

test('a push that came twice, was not told of, or did not come', async () => {
  const remote = await startFileRemote()
  const [first = '', second = ''] = ['a', 'b'].map((text) =>
    git(remote.bare, ['commit-tree', '-p', 'main', '-m', text, 'main^{tree}']),
  )
  const push = (sha: string) => git(remote.bare, ['update-ref', 'refs/heads/berth/t-1', sha])
  const told = (...shas: readonly string[]) => [
    {
      events: numbered(
        shas.map((sha) => ({ type: 'work.pushed' as const, turn: 1, remote: 'r', branch: 'berth/t-1', sha })),
      ),
    },
  ]
  push(first)
  expect(pushFlaws(remote.bare, told(first))).toEqual([])
  expect(pushFlaws(remote.bare, told())).toEqual(['berth/t-1 was pushed and not told of'])
  expect(pushFlaws(remote.bare, told(first, second))).toEqual([
    `berth/t-1 was pushed as ${first} and told of as ${first}, ${second}`,
  ])
  push(second)
  push(first)
  expect(pushFlaws(remote.bare, told(first))).toEqual([
    `berth/t-1 was pushed as ${first}, ${second}, ${first} and told of as ${first}`,
  ])
  git(remote.bare, ['update-ref', '-d', 'refs/heads/berth/t-1'])
  expect(pushFlaws(remote.bare, told(first))).toEqual(['berth/t-1 was told of and is not there'])
  await remote.close()
})

test('a file that somebody left', () => {
  using folder = temporaryFolder()
  const [state, runtime] = [folder.at('state'), folder.at('run-4711')]
  const left = () =>
    leftFiles({ state, runtime, ids: ['t-01checkertestsown'] }).map((path) => path.slice(folder.path.length + 1))
  const write = (path: string) => {
    mkdirSync(dirname(folder.at(path)), { recursive: true })
    writeFileSync(folder.at(path), '')
  }
  const mirror = 'state/mirrors/0123456789ab-project.git'
  for (const path of [
    'berth.db',
    'supervisor.lock',
    'tasks/t-01checkertestsown/events.jsonl',
    'tasks/t-01checkertestsown/workspace/a.lock',
  ])
    write(join('state', path))
  for (const path of [`${mirror}/HEAD`, 'run-4711/gateway.sock']) write(path)
  expect(left()).toEqual([])
  const leavings = [
    'run-4711/g/t-01checkertestsown/gateway.sock',
    'run-4711/supervisor.sock.4711',
    `${mirror}/objects/pack/tmp_pack_abc`,
    `${mirror}/refs/heads/main.lock`,
    'state/tasks/t-01checkertestsown/.task.json.4711.0a1b2c3d.tmp',
    'state/tasks/t-01checkertestsown/exchange/1-1/order.json',
    'state/tasks/t-01checkertestsown/order.tmp',
    'state/tasks/t-01checkertestsown/publish.git/packed-refs.lock',
    'state/pool-t-02checkertestsown.json',
    'state/trash-t-02checkertestsown/events.jsonl',
  ]
  for (const path of leavings) write(path)
  expect(left().sort()).toEqual(leavings.sort())
  write('state/tasks/t-02checkertestsown/events.jsonl')
  expect(left()).toContain('state/tasks/t-02checkertestsown')
})

test('a process that works on the state folder, by its arguments, environment, folder or open files', async () => {
  using folder = temporaryFolder()
  const began = [
    spawn('sh', ['-c', 'echo; read x', folder.path]),
    spawn('sh', ['-c', 'echo; read x'], { env: { BERTH_HOME: folder.path } }),
    spawn('sh', ['-c', 'echo; read x'], { cwd: folder.path }),
    spawn('sh', ['-c', `exec 3>${folder.at('file')}; echo; read x`]),
    spawn('sh', ['-c', 'echo; read x']),
  ]
  await Promise.all(began.map((child) => once(child.stdout, 'data')))
  const found = processesOf([folder.path]).map(({ pid }) => pid)
  for (const child of began) child.kill()
  expect(found.sort()).toEqual(
    began
      .slice(0, 4)
      .map(({ pid }) => pid)
      .sort(),
  )
})

test.each(rootfulEngines())('a container, a network or a volume on $name', async ({ endpoint, name }) => {
  const word = `t-${process.pid}-${name}`
  const ask = <T>(method: string, path: string, body?: object) => engineRequest<T>(endpoint, method, path, body)
  expect(await leftOnEngine(endpoint, [word])).toEqual([])
  const [image] = await ask<readonly { readonly Id: string }[]>('GET', '/images/json')
  const Labels = { 'berth.task': word }
  const { Id } = await ask<{ readonly Id: string }>('POST', '/containers/create', {
    Image: image?.Id,
    Cmd: ['true'],
    Labels,
  })
  await ask('POST', '/volumes/create', { Name: word })
  await ask('POST', '/networks/create', { Name: word })
  const left = await leftOnEngine(endpoint, [word])
  await ask('DELETE', `/containers/${Id}?force=true`)
  await ask('DELETE', `/networks/${word}`)
  await ask('DELETE', `/volumes/${word}`)
  expect(left).toEqual([expect.stringMatching(/^container /), `network ${word}`, `volume ${word}`])
  expect(await leftOnEngine(endpoint, [word])).toEqual([])
})
