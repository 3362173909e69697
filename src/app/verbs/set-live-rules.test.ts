import { beforeEach, expect, test } from 'vitest'
import type { Event, EventBody } from '../../domain/event.ts'
import { addLiveRule } from '../../domain/network/live-rules.ts'
import { parseTarget } from '../../domain/network/parse-target.ts'
import type { NetworkRule } from '../../domain/network/rule.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { GatewayTask } from '../../egress/egress.ts'
import type { Deps } from '../deps.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { setLiveRules } from './set-live-rules.ts'

let given: GatewayTask['network'][] = []
let written: EventBody[] = []
beforeEach(() => {
  given = []
  written = []
})

const rulesOf = (target: string, effect: NetworkRule['effect']): readonly NetworkRule[] => {
  const read = parseTarget(target, 'flag', effect)
  return read.ok ? read.value : []
}

/** A task whose plan has these rules; null: none apply to it. */
const bench = (
  network: { rules: readonly NetworkRule[] } | null,
  more: Partial<TaskRecord> = {},
  allowedHosts: readonly string[] | null = null,
) => {
  let record = { id: 't-1', state: 'running', policy: 'sandboxed', isolation: 'container', ...more } as TaskRecord
  const plan = { turn: 1, plan: { network } } as unknown as Event
  const live = {
    journal: { path: 'journal', select: (type: string) => (type === 'turn.planned' ? [plan] : []) },
    get record() {
      return record
    },
    commit: async (...events: readonly EventBody[]) => {
      written.push(...events)
      for (const event of events)
        if (event.type === 'egress.rule') record = { ...record, liveRules: addLiveRule(record.liveRules, event) }
    },
  }
  const egress = { setNetwork: async (_: string, rules: GatewayTask['network']) => void given.push(rules) }
  const tasks = { withTask: (_: string, use: (task: never) => unknown) => use(live as never) } as unknown as Tasks
  return (effect: 'allow' | 'deny', ...targets: readonly string[]) =>
    setLiveRules({
      deps: { egress, config: { settings: () => ({ allowedHosts }) } } as unknown as Deps,
      tasks,
      id: 't-1',
      effect,
      targets,
    })
}

const targets = () => given.at(-1)?.rules.map(({ effect, target, origin }) => `${effect} ${target} ${origin}`)

test('allowed targets are journaled, then the gateway hears of them; the same again is told to the gateway alone', async () => {
  const set = bench({ rules: rulesOf('a.example', 'allow') })
  const record = await set('allow', 'B.Example.', 'c.example  GET /x')
  expect(record.liveRules).toEqual([
    { target: 'b.example', effect: 'allow' },
    { target: 'c.example GET /x', effect: 'allow' },
  ])
  expect(written).toHaveLength(2)
  expect(targets()).toEqual(['allow c.example GET /x live', 'allow b.example live', 'allow a.example flag'])
  await set('allow', 'b.example')
  expect(written).toHaveLength(2)
  expect(given).toHaveLength(2)
  await set('deny', 'a.example')
  expect(targets()).toEqual(['deny a.example live', 'allow c.example GET /x live', 'allow b.example live'])
})

test('one bad target among others: nothing happens', async () => {
  const set = bench({ rules: [] })
  await expect(set('allow', 'a.example', 'https://b.example/x')).rejects.toMatchObject({ code: 'bad-request' })
  await expect(set('allow', 'npmm')).rejects.toThrow(/unknown group "npmm".*npm/)
  await expect(set('allow', '10.0.0.1')).rejects.toThrow(/write "10\.0\.0\.1 private"/)
  await expect(set('deny', 'a.example private')).rejects.toThrow('a rule that denies takes methods and paths only')
  expect([written, given]).toEqual([[], []])
})

test('no target reaches beyond the allowed hosts; any may be denied', async () => {
  const set = bench({ rules: [] }, {}, ['npm', '*.corp.example'])
  await expect(set('allow', 'git.corp.example', 'a.example')).rejects.toMatchObject({
    code: 'host-not-allowed',
    message: '--allow "a.example": a task may not reach a.example; allowed-hosts lists npm, *.corp.example',
  })
  expect([written, given]).toEqual([[], []])
  await set('allow', 'npm', 'git.corp.example:8443')
  await set('deny', 'a.example')
  expect(written).toHaveLength(3)
})

test('what stays denied is not allowed: the rule is named, and how to take it back', async () => {
  const flag = bench({ rules: rulesOf('*.example', 'deny') })
  await expect(flag('allow', 'a.example')).rejects.toThrow(
    't-1: the rule "*.example" (flag) denies a.example, whatever allows it',
  )
  const live = bench({ rules: [] }, { liveRules: [{ target: '*.example', effect: 'deny' }] })
  await expect(live('allow', 'a.example')).rejects.toMatchObject({
    hint: "Take it back with `berth allow t-1 '*.example'`.",
  })
  expect([written, given]).toEqual([[], []])
})

test.each([
  [{ policy: 'open' }, "t-1 has --policy open: its network is not Berth's, and no rule applies"],
  [{ isolation: 'host' }, "t-1 runs without a sandbox: its network is not Berth's, and no rule applies"],
] as const)('no rule applies to %j', async (more, message) => {
  const set = bench(null, more)
  await expect(set('allow', 'npm')).rejects.toThrow(message)
  await expect(set('deny', 'npm')).rejects.toThrow(message)
  expect([written, given]).toEqual([[], []])
})

test('a task that is over keeps the rule for a further turn, an archived one has none', async () => {
  await bench({ rules: [] }, { state: 'done', archived: false, emptied: false })('allow', 'npm')
  expect(written).toHaveLength(1)
  const archived = bench({ rules: [] }, { state: 'done', archived: true, emptied: true })
  await expect(archived('allow', 'npm')).rejects.toThrow('t-1 is archived: run `berth unarchive t-1` first')
  expect(written).toHaveLength(1)
})
