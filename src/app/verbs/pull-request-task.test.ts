import { describe, expect, onTestFinished, test } from 'vitest'
import { memoryForge } from '../../../test/fixtures/memory-forge.ts'
import { firstEvents } from '../../../test/fixtures/random-events.ts'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { BerthError } from '../../domain/errors.ts'
import type { EventBody } from '../../domain/event.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { openJournal } from '../../store/journal.ts'
import type { Store } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { liveTask } from '../task/live-task.ts'
import { openPullRequestOf, pullRequestStatus } from './pull-request-task.ts'

const ID = 't-01k3fz8e4m7qk2c9xe'
const HEAD = `berth/${ID}`
const URL = 'https://forge.example/acme/app.git'
const caller = { cwd: '/', uid: 1, gid: 1, env: {} }

type Asked = { readonly branch?: string; readonly pushTo?: string; readonly request?: object; readonly url?: string }

/** A finished task with one kept commit that is not pushed, and was not told to open a pull request. */
const bench = ({ branch = 'main', pushTo = HEAD, request = {}, url = URL }: Asked = {}) => {
  const folder = temporaryFolder('berth-pr-task-')
  const forge = memoryForge()
  const journal = openJournal(folder.at('events.jsonl'))
  onTestFinished(() => {
    journal.close()
    folder[Symbol.dispose]()
  })
  const store = { put: () => {} } as unknown as Store
  const rest = {
    onChange: () => {},
    onRecord: () => {},
    hooks: { states: () => new Set<never>(), due: () => {} },
    claims: () => true,
  }
  const live = liveTask({ id: ID, folder: folder.path, journal, store, record: undefined, ...rest })
  const [first] = firstEvents as [Extract<EventBody, { type: 'task.created' }>]
  const source = { kind: 'clone', url, ref: null, base: 'c0', branch, pushBranch: pushTo }
  const delivery = { kind: 'push', url, branch: pushTo, mode: 'lease', expected: null }
  const plan = { turn: 1, engine: { kind: 'docker', endpoint: '' }, folders: { publish: '/none' }, source, delivery }
  const work = { head: 'c1', base: 'c0', branches: [], uncommitted: [], committed: false, wip: null }
  const outcome = { result: 'done', class: 'ok', reason: 'ended', exitCode: 0 }
  live.append(
    ...([
      { type: 'task.created', task: { ...first.task, id: ID, source, request: { ...first.task.request, ...request } } },
      { type: 'turn.queued', turn: 1, promptBytes: 1, prompt: 'Mend it' },
      { type: 'turn.planned', turn: 1, plan },
      { type: 'turn.started', turn: 1, attempt: 1, container: 'c' },
      { type: 'work.kept', turn: 1, commits: [{ sha: 'c1', subject: 'Mend' }], ...work },
      { type: 'container.removed', turn: 1 },
      { type: 'turn.ended', turn: 1, outcome },
    ] as unknown as readonly EventBody[]),
  )
  const pushed: string[] = []
  const deps = {
    forges: { of: (asked: string) => (forge.repositoryOf(asked) === undefined ? undefined : forge), host: forge.host },
    engines: { at: () => ({}) },
    git: {
      oneByOne: <T>(_: string, run: () => Promise<T>) => run(),
      push: async ({ branch: to, sha }: { branch: string; sha: string }) => {
        pushed.push(to)
        forge.branches.set(to, sha)
        return { ok: true, sha }
      },
    },
  } as unknown as Deps
  const tasks = {
    settled: async () => {},
    withTask: async (_: string, use: (task: typeof live) => unknown) => use(live),
  }
  const open = (draft?: boolean) => openPullRequestOf({ deps, tasks: tasks as unknown as Tasks, id: ID, caller, draft })
  return { forge, deps, live, pushed, open }
}

describe('the pull request of a finished task', () => {
  test('the work is pushed first, once', async () => {
    const { forge, open, pushed } = bench()
    expect(await open()).toMatchObject({ state: 'done', pr: { number: 1, state: 'open' }, pushed: { branch: HEAD } })
    expect(await open()).toMatchObject({ pr: { number: 1 } })
    expect(pushed).toEqual([HEAD])
    expect(forge.pulls).toMatchObject([{ head: HEAD, base: 'main', title: 'a title' }])
  })

  test.each([
    ['the branch that it began from', { branch: 'next' }, 'next'],
    ['the default branch, as it began from a tag', { branch: HEAD }, 'main'],
    ['--pr-base', { branch: 'next', request: { prBase: 'other' } }, 'other'],
  ])('it goes to %s', async (_, asked, base) => {
    const { forge, open } = bench(asked)
    await open()
    expect(forge.pulls.map((pull) => pull.base)).toEqual([base])
  })

  test('it has the labels that the task was given, and is a draft if that is asked for now', async () => {
    const { forge, open } = bench({ request: { prLabels: ['agent'] } })
    await open(true)
    expect(forge.pulls).toMatchObject([{ labels: ['agent'], state: 'draft' }])
  })

  test.each([
    ['work that was to go to the base itself', { pushTo: 'main' }, /no branch is merged into itself/],
    ['a repository without a forge', { url: 'https://elsewhere.example/a/b.git' }, /no credentials for a forge/],
  ])('%s is refused before anything is pushed', async (_, asked, message) => {
    const { open, pushed } = bench(asked)
    await expect(open()).rejects.toThrow(message)
    expect(pushed).toEqual([])
  })

  test('what the forge refuses is an error of its own, and leaves the task done', async () => {
    const { forge, live, open } = bench()
    forge.before = (call) => {
      if (call === 'create') throw new BerthError('forge-refused', 'drafts are not supported')
    }
    await expect(open()).rejects.toMatchObject({
      code: 'pr-failed',
      message: expect.stringContaining('drafts are not supported'),
    })
    expect(live.record).toMatchObject({ state: 'done', pushed: { branch: HEAD }, prError: 'drafts are not supported' })
  })
})

describe('its status', () => {
  const { signal } = new AbortController()
  const pr = { number: 1, url: 'https://forge.example/acme/app/pull/1', state: 'open' } as const
  const record = { pr, pushed: { remote: URL, branch: HEAD, sha: 'c1' } } as TaskRecord

  test('is what the forge says now', async () => {
    const { forge, deps, open } = bench()
    const opened = await open()
    Object.assign(forge.pulls[0] ?? {}, { state: 'merged' })
    expect(await pullRequestStatus({ deps, record: opened, caller, signal })).toEqual({
      ...pr,
      ...{ state: 'merged', checks: 'passed', reviews: { approved: 1, changesRequested: 0 } },
    })
  })

  test('is what the journal says, with the reason, if the forge does not answer', async () => {
    const { forge, deps } = bench()
    forge.before = () => {
      throw new BerthError('forge-unreachable', 'nothing listens there')
    }
    const reason = 'nothing listens there'
    expect(await pullRequestStatus({ deps, record, caller, signal })).toEqual({
      ...pr,
      checks: null,
      reviews: null,
      reason,
    })
  })

  test('is null for a task without one, and the forge is not asked', async () => {
    const { forge, deps } = bench()
    expect(await pullRequestStatus({ deps, record: { pushed: null } as TaskRecord, caller, signal })).toBeNull()
    expect(forge.calls).toEqual([])
  })
})
