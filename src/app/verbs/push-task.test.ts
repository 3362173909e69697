import { expect, onTestFinished, test } from 'vitest'
import { firstEvents } from '../../../test/fixtures/random-events.ts'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { EventBody } from '../../domain/event.ts'
import { openJournal } from '../../store/journal.ts'
import type { Store } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { liveTask } from '../task/live-task.ts'
import { pushTask } from './push-task.ts'

const ID = 't-01k3fz8e4m7qk2c9xe'
const BRANCH = `berth/${ID}`
const FOLDERS = ['app', 'lib', 'docs'] as const

const sourceIn = (folder: string) => ({
  ...{ kind: 'clone', url: `/${folder}`, ref: null, base: 'c0', branch: 'main', pushBranch: BRANCH, folder },
})
const plannedIn = (folder: string) => ({
  source: { ...sourceIn(folder), mirror: `/m/${folder}`, sha: 'c0' },
  delivery: { kind: 'push', url: `/${folder}`, branch: BRANCH, mode: 'lease', expected: null },
  publish: `/publish/${folder}`,
})

/** A finished task on three repositories, of which the last one has no commit, and nothing is pushed. */
const bench = () => {
  const folder = temporaryFolder('berth-push-task-')
  const journal = openJournal(folder.at('events.jsonl'))
  onTestFinished(() => {
    journal.close()
    folder[Symbol.dispose]()
  })
  const store = { put: () => {} } as unknown as Store
  const hooks = { states: () => new Set<never>(), due: () => {} }
  const rest = { onChange: () => {}, onRecord: () => {}, hooks, claims: () => true }
  const live = liveTask({ id: ID, folder: folder.path, journal, store, record: undefined, ...rest })
  const [first] = firstEvents as [Extract<EventBody, { type: 'task.created' }>]
  const [app, lib, docs] = FOLDERS.map(plannedIn)
  const clone = (name: string) => ({ kind: 'clone', mirror: '/m', base: 'c0', branch: 'main', url: '/', folder: name })
  const plan = {
    ...{ turn: 1, engine: { kind: 'docker', endpoint: '' }, folders: { workspace: '/w', publish: '/publish/app' } },
    ...{ source: app?.source, delivery: app?.delivery, further: [lib, docs] },
    order: { paths: { work: '/work' }, workspace: clone('app'), further: [clone('lib'), clone('docs')] },
  }
  const further = { lib: sourceIn('lib'), docs: sourceIn('docs') }
  const work = { type: 'work.kept', turn: 1, base: 'c0', branches: [], uncommitted: [], committed: false, wip: null }
  const kept = (head: string, more: object) => ({ ...work, head, commits: [{ sha: head, subject: head }], ...more })
  const outcome = { result: 'failed', class: 'agent', reason: 'ended', exitCode: 1 }
  live.append(
    ...([
      { type: 'task.created', task: { ...first.task, id: ID, source: sourceIn('app'), further } },
      { type: 'turn.queued', turn: 1, promptBytes: 1, prompt: 'Mend it' },
      { type: 'turn.planned', turn: 1, plan },
      { type: 'turn.started', turn: 1, attempt: 1, container: 'c' },
      kept('a1', {}),
      kept('l1', { repository: 'lib' }),
      kept('c0', { repository: 'docs' }),
      { type: 'container.removed', turn: 1 },
      { type: 'turn.ended', turn: 1, outcome },
    ] as unknown as readonly EventBody[]),
  )
  const pushed: string[] = []
  const refused = new Set<string>()
  const push = async ({ url, publish, sha }: { url: string; publish: string; sha: string }) => {
    if (refused.has(url)) return { ok: false, kind: 'rejected', reason: 'not today' }
    pushed.push(`${publish} ${sha} to ${url}`)
    return { ok: true, sha }
  }
  const deps = { engines: { at: () => ({}) }, git: { push } } as unknown as Deps
  const withTask = async (_: string, use: (task: typeof live) => unknown) => use(live)
  const tasks = { settled: async () => {}, withTask } as unknown as Tasks
  const caller = { cwd: '/', uid: 1, gid: 1, env: {} }
  return { live, pushed, refused, push: (to?: string) => pushTask({ deps, tasks, id: ID, caller, to }) }
}

test('each repository with commits is pushed; those that fail are named, and a second push is theirs alone', async () => {
  const { live, pushed, refused, push } = bench()
  refused.add('/lib')
  await expect(push()).rejects.toMatchObject({
    ...{ code: 'push-failed', message: expect.stringMatching(/^lib: push to .* rejected: not today$/) },
  })
  expect(pushed).toEqual(['/publish/app a1 to /app'])
  expect(live.record).toMatchObject({ pushed: { sha: 'a1', branch: BRANCH }, further: { lib: { pushed: null } } })
  refused.clear()
  await push()
  expect(pushed).toEqual(['/publish/app a1 to /app', '/publish/lib l1 to /lib'])
  expect(live.record.further).toMatchObject({ lib: { pushed: { sha: 'l1' } }, docs: { pushed: null } })
  // The agent had failed.
  expect(live.record).toMatchObject({ state: 'failed', reason: 'ended' })
})

test('all that fail are named; another branch gets each of them again', async () => {
  const { pushed, refused, push } = bench()
  for (const url of ['/app', '/lib']) refused.add(url)
  await expect(push()).rejects.toMatchObject({ message: expect.stringMatching(/^app: .* today; lib: .* today$/) })
  refused.clear()
  await push()
  await push('next')
  expect(pushed.map((line) => line.split(' ').at(-1))).toEqual(['/app', '/lib', '/app', '/lib'])
})
