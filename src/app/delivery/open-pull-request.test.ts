import { expect, onTestFinished, test } from 'vitest'
import { memoryForge } from '../../../test/fixtures/memory-forge.ts'
import { firstEvents } from '../../../test/fixtures/random-events.ts'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { BerthError } from '../../domain/errors.ts'
import type { EventBody } from '../../domain/event.ts'
import type { Outcome } from '../../domain/outcome.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import { openJournal } from '../../store/journal.ts'
import type { Store } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { liveTask } from '../task/live-task.ts'
import { openPullRequest } from './open-pull-request.ts'

const ID = 't-01k3fz8e4m7qk2c9xe'
const HEAD = `berth/${ID}`
const URL = 'https://forge.example/acme/app.git'
const ORDER = { repository: 'acme/app', base: 'main', draft: false, labels: [], reviewers: [] }
const done: Outcome = { result: 'done', class: 'ok', reason: `pushed ${HEAD}`, exitCode: 0 }

const [first] = firstEvents as [Extract<EventBody, { type: 'task.created' }>]
const { title: _title, ...request } = first.task.request
const created: EventBody = {
  type: 'task.created',
  task: {
    ...{ ...first.task, id: ID, request },
    source: { kind: 'clone', url: URL, ref: null, base: 'c0', branch: 'main', pushBranch: HEAD },
  },
}

const commits = [{ sha: 'c1', subject: 'Mend the parser' }]
const kept = {
  type: 'work.kept',
  turn: 1,
  head: 'c1',
  base: 'c0',
  commits,
  branches: [],
  uncommitted: [],
  committed: false,
  wip: null,
}
const turnOf = (turn: number, summary: string, sha: string) =>
  [
    { type: 'turn.queued', turn, promptBytes: 1, prompt: 'Mend it, please' },
    { type: 'turn.started', turn, attempt: 1, container: 'c' },
    { type: 'agent.message', turn, text: summary },
    { ...kept, turn, head: sha },
    { type: 'work.pushed', turn, remote: URL, branch: HEAD, sha },
  ] as unknown as readonly EventBody[]

/** A task with a forge; `restart` is a supervisor that takes it over, and knows what the journal has. */
const bench = () => {
  const folder = temporaryFolder('berth-pr-')
  onTestFinished(() => folder[Symbol.dispose]())
  const forge = memoryForge()
  const path = folder.at('events.jsonl')
  const open = () => {
    const journal = openJournal(path)
    onTestFinished(() => journal.close())
    const store = { put: () => {} } as unknown as Store
    const rest = {
      onChange: () => {},
      onRecord: () => {},
      hooks: { states: () => new Set<never>(), due: () => {} },
      claims: () => true,
    }
    return liveTask({ id: ID, folder: folder.path, journal, store, record: undefined, ...rest })
  }
  let live = open()
  live.append(created)
  const push = (turn: number, summary: string, sha: string) => {
    if (turn > 1) live.append({ type: 'turn.ended', turn: turn - 1, outcome: done })
    live.append(...turnOf(turn, summary, sha))
    forge.branches.set(HEAD, sha)
  }
  push(1, 'Fixed.', 'c1')
  live.provide({ callerEnv: {}, key: null, env: {} })
  return {
    forge,
    push,
    get live() {
      return live
    },
    restart: () => {
      live.journal.close()
      live = open()
    },
    types: () =>
      [...live.journal.read()].map(({ type }) => type).filter((type) => /^(pr|notice|turn\.(un)?bl)/.test(type)),
    run: (order: Partial<typeof ORDER> = {}, signal = new AbortController().signal) => {
      const deps = {
        forges: { of: () => forge, host: forge.host },
        git: { oneByOne: <T>(_: string, run: () => Promise<T>) => run() },
      } as unknown as Deps
      const plan = { turn: live.record.turns.length } as Plan
      const context = { deps, live, plan, engine: {} as Engine, signal }
      const { sha = '' } = live.record.pushed ?? {}
      return openPullRequest(
        { context, outcome: done, order: { ...ORDER, ...order }, url: URL, head: HEAD, sha },
        [0, 0],
      )
    },
  }
}

test('it is opened with the subject of the only commit, the summary and the trailer', async () => {
  const { forge, live, run, types } = bench()
  const asked = { draft: true, labels: ['agent'], reviewers: ['ada', 'acme/core', 'stranger'] }
  expect(await run(asked as never)).toEqual({ ...done, reason: `pushed ${HEAD}, pull request #1` })
  expect(forge.pulls).toMatchObject([
    {
      ...{ title: 'Mend the parser', head: HEAD, base: 'main', state: 'draft' },
      ...{ labels: ['agent'], reviewers: ['ada', 'acme/core'] },
    },
  ])
  expect(forge.pulls[0]?.body).toMatch(/\nFixed\.\n[\s\S]*\nBerth-Task: t-01k3fz8e4m7qk2c9xe$/)
  expect(live.record.pr).toEqual({ number: 1, url: 'https://forge.example/acme/app/pull/1', state: 'draft' })
  expect(live.record.warnings).toEqual(['pull request #1: stranger is no collaborator'])
  expect(types()).toEqual(['notice', 'pr.opened'])
})

test('with several commits its title is that of the task', async () => {
  const { forge, live, run } = bench()
  live.append({ ...kept, commits: [...commits, { sha: 'c0', subject: 'Other' }] } as unknown as EventBody)
  await run()
  expect(forge.pulls[0]?.title).toBe('Mend it, please')
})

test('a further turn replaces its own summary, and nothing that a person wrote', async () => {
  const { forge, push, run, types } = bench()
  await run()
  const [pull] = forge.pulls
  if (pull === undefined) throw new Error('there is none')
  Object.assign(pull, { title: 'A better title', body: `Look here.\n\n${pull.body}\n\n- [x] tested`, base: 'next' })
  push(2, 'Fixed again.', 'c2')
  expect(await run()).toMatchObject({ result: 'done', reason: `pushed ${HEAD}, pull request #1` })
  expect(forge.pulls).toHaveLength(1)
  expect(pull.title).toBe('A better title')
  expect(pull.body).toMatch(/^Look here\.\n\n<!--[\s\S]*\nFixed again\.\n[\s\S]*Berth-Task: [\s\S]*- \[x\] tested$/)
  expect(pull.body).not.toContain('Fixed.')
  expect(types()).toEqual(['pr.opened', 'pr.updated'])
})

test('a turn without a word leaves the summary of the turn before', async () => {
  const { forge, push, run } = bench()
  await run()
  push(2, ' ', 'c2')
  await run()
  expect(forge.pulls[0]?.body).toContain('\nFixed.\n')
})

test.each(['create', 'decorate'])('a supervisor that was killed after %s makes no second one', async (call) => {
  const { forge, restart, run, types } = bench()
  const order = { labels: ['agent'] } as never
  let killed = false
  forge.before = async (now) => {
    const made = call === 'create' ? now === 'decorate' : now === 'decorate' && forge.pulls.length > 0
    if (!made || killed) return
    killed = true
    throw new Error('killed')
  }
  await expect(run(order)).rejects.toThrow('killed')
  restart()
  expect(await run(order)).toMatchObject({ result: 'done' })
  expect(forge.pulls).toMatchObject([{ labels: ['agent'] }])
  expect(types()).toEqual(['pr.opened'])
})

test.each([{ state: 'merged' }, { base: 'next' }])(
  'one that a person changed to %j while the supervisor was killed is found by its trailer',
  async (changed) => {
    const { forge, restart, run, types } = bench()
    const order = { labels: ['agent'] } as never
    forge.before = (call) => {
      if (call === 'decorate') throw new Error('killed')
    }
    await expect(run(order)).rejects.toThrow('killed')
    forge.before = () => {}
    Object.assign(forge.pulls[0] ?? {}, changed)
    restart()
    expect(await run(order)).toMatchObject({ result: 'done' })
    expect([forge.pulls.length, types()]).toEqual([1, ['pr.opened']])
  },
)

test('one that the forge told of nothing yet is no reason for a second: what it refuses then is found', async () => {
  const { forge, restart, run } = bench()
  await run()
  restart()
  const { find } = forge.pullRequests
  let blind = 1
  Object.assign(forge.pullRequests, {
    find: async (...asked: Parameters<typeof find>) => {
      const found = await find(...asked)
      blind -= 1
      return blind >= 0 ? [] : found
    },
  })
  expect(await run()).toMatchObject({ result: 'done', reason: `pushed ${HEAD}, pull request #1` })
  expect([forge.pulls.length, forge.calls.filter((call) => call === 'create').length]).toEqual([1, 2])
})

test('what the forge refuses for another reason is told in its words, and can be tried again', async () => {
  const { forge, live, run, types } = bench()
  forge.before = (call) => {
    if (call === 'create') throw new BerthError('forge-refused', 'drafts are not supported')
  }
  const failed = await run()
  expect(failed).toMatchObject({ result: 'failed', class: 'push' })
  expect(failed.reason).toBe(
    `${HEAD} is pushed, but its pull request failed: drafts are not supported (\`berth pr ${ID}\` tries again)`,
  )
  live.append({ type: 'turn.ended', turn: 1, outcome: failed })
  expect(live.record).toMatchObject({ state: 'failed', prError: 'drafts are not supported' })
  forge.before = () => {}
  await run()
  expect(live.record).toMatchObject({ state: 'done', outcome: { class: 'ok' }, pr: { number: 1 } })
  expect(live.record.prError).toBeUndefined()
  expect(types()).toEqual(['pr.failed', 'pr.opened'])
})

test.each(['merged', 'closed'] as const)('one that is %s stays so; new commits get a new one', async (state) => {
  const { forge, push, run } = bench()
  await run()
  Object.assign(forge.pulls[0] ?? {}, { state })
  expect((await run()).reason).toBe(`pushed ${HEAD}, pull request #1, which is ${state}`)
  expect(forge.calls.filter((call) => call === 'update')).toEqual([])
  push(2, 'More.', 'c2')
  expect((await run()).reason).toBe(`pushed ${HEAD}, pull request #2`)
  expect(forge.pulls.map((pull) => pull.state)).toEqual([state, 'open'])
})

test("a person's open pull request from the same branch is taken, one into another base is not", async () => {
  const { forge, run, types } = bench()
  const call = { callerEnv: {}, signal: new AbortController().signal }
  const own = { repository: 'acme/app', head: HEAD, title: 'By hand', body: 'Mine.', draft: false }
  await forge.pullRequests.create({ ...own, base: 'next' }, call)
  await forge.pullRequests.create({ ...own, base: 'main' }, call)
  await run()
  expect(forge.pulls.map(({ body }) => body.startsWith('Mine.'))).toEqual([true, true])
  expect(forge.pulls[0]?.body).toBe('Mine.')
  expect(forge.pulls[1]).toMatchObject({ title: 'By hand', body: expect.stringContaining(`Berth-Task: ${ID}`) })
  expect(types()).toEqual(['pr.opened'])
})

test('without the credentials, which were lost with a supervisor, it waits for them', async () => {
  const task = bench()
  const { forge, restart, run, types } = task
  restart()
  forge.before = (call) => {
    if (call === 'find') throw new BerthError('no-credentials', 'GITHUB_TOKEN is not set')
  }
  const running = run()
  await expect.poll(types).toEqual(['turn.blocked'])
  forge.before = () => {}
  task.live.provide({ callerEnv: {}, key: null, env: {} })
  expect(await running).toMatchObject({ result: 'done' })
  expect(types()).toEqual(['turn.blocked', 'pr.opened', 'turn.unblocked'])
})

test('a supervisor that shuts down does not wait for the forge', async () => {
  const { forge, run, types } = bench()
  const shutdown = new AbortController()
  forge.before = () => {
    shutdown.abort(new Error('shut down'))
    throw new BerthError('forge-unreachable', 'no answer')
  }
  await expect(run({}, shutdown.signal)).rejects.toThrow('shut down')
  expect(types()).toEqual([])
})

test('a forge that does not answer for a moment is asked again', async () => {
  const { forge, run, types } = bench()
  let lost = 2
  forge.before = (call) => {
    if (call !== 'find' || lost === 0) return
    lost -= 1
    throw new BerthError('forge-unreachable', 'no answer')
  }
  expect(await run()).toMatchObject({ result: 'done' })
  expect(types()).toEqual(['pr.opened'])
  lost = 3
  expect(await run()).toMatchObject({ result: 'failed', reason: expect.stringContaining('no answer') })
})
