import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { EventBody } from '../../domain/event.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { Plan } from '../../plan/plan.ts'
import type { LiveTask } from '../task/live-task.ts'
import { settleWorkspace } from './settle-workspace.ts'

type Known = Pick<TaskRecord, 'id' | 'state' | 'workspace'> & { readonly givenTo?: string; readonly has?: string }

const NEW: Known = { id: 't-new', state: 'queued', workspace: '/w', has: '/w' }
const OLD: Known = { id: 't-old', state: 'done', workspace: '/w', has: '/w' }

/** Which events the tasks got, and which of them still have a folder, when a supervisor takes over the new task. */
const settled = async (others: readonly Known[], task: Known = NEW, reused = true) => {
  using folder = temporaryFolder()
  const folderOf = (id: string) => folder.at(id)
  const records = [task, ...others]
  for (const { id, has } of records) {
    mkdirSync(folderOf(id))
    if (has !== undefined) writeFileSync(taskPaths(folderOf(id)).named, JSON.stringify({ path: has }))
  }
  const told: object[] = []
  const live = (id: string) =>
    ({
      folder: folderOf(id),
      record: records.find((one) => one.id === id),
      commit: async (event: EventBody) => void told.push({ id, event }),
    }) as unknown as LiveTask
  await settleWorkspace(
    {
      deps: { store: { list: () => records as unknown as readonly TaskRecord[] } },
      registry: { folderOf },
      withTask: (id, use) => use(live(id)),
    },
    live(task.id),
    { folders: { workspace: '/w', named: { reused } } as Plan['folders'] },
  )
  return { told, owners: records.map(({ id }) => id).filter((id) => existsSync(taskPaths(folderOf(id)).named)) }
}
const given = (id: string, to: string) => ({ id, event: { type: 'workspace.given', workspace: '/w', to } })

test('the new task has the folder, and the ended one that left it says so', async () => {
  expect(await settled([OLD])).toEqual({ told: [given('t-old', 't-new')], owners: ['t-new'] })
})

test('an ended task that had said so forgets the folder', async () => {
  const half = { ...OLD, workspace: null, givenTo: 't-new' }
  expect(await settled([half])).toEqual({ told: [], owners: ['t-new'] })
})

test.each<[string, Known]>([
  ['has gone on', { ...OLD, state: 'running' }],
  ['worked in another folder', { ...OLD, workspace: '/other', has: '/other' }],
  ['only mounted the folder', { id: 't-old', state: 'done', workspace: '/w' }],
])('a task that %s is left alone', async (_, other) => {
  const { told, owners } = await settled([other])
  expect(told).toEqual([])
  expect(owners).toEqual(other.has === undefined ? ['t-new'] : ['t-new', 't-old'])
})

test('a task that is over, or took no folder, takes none', async () => {
  const later = { ...OLD, id: 't-later' }
  expect(await settled([later], { ...NEW, state: 'done' })).toEqual({ told: [], owners: ['t-new', 't-later'] })
  expect(await settled([later], NEW, false)).toEqual({ told: [], owners: ['t-new', 't-later'] })
})
