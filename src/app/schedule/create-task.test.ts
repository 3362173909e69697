import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { firstEvents } from '../../../test/fixtures/random-events.ts'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import type { LiveTask } from '../task/live-task.ts'
import { createTask, type NewTask } from './create-task.ts'
import type { Scheduler } from './scheduler.ts'

const ID = 't-new'

test('a task that cannot take the folder of another one is none', async () => {
  using state = temporaryFolder()
  const folder = state.at(ID)
  const rows = new Set<string>()
  const live = {
    provide: () => {},
    commit: async () => void rows.add(ID),
    journal: { close: () => {} },
  } as unknown as LiveTask
  const scheduler = {
    deps: { store: { submitted: () => undefined, remove: (id: string) => rows.delete(id) } },
    registry: { folderOf: (id: string) => state.at(id), begin: () => live, get: () => undefined },
    alone: (_: string, use: () => Promise<unknown>) => use(),
  } as unknown as Scheduler
  const workspace = { path: '/w', inode: '1', born: '1', made: true }
  const give: NonNullable<NewTask['taken']>['give'] = async () => {
    // The new task owns the folder before the other one gives it away.
    expect([...rows]).toEqual([ID])
    expect(JSON.parse(readFileSync(taskPaths(folder).named, 'utf8'))).toEqual(workspace)
    throw new Error('the disk is full')
  }
  const task: NewTask = {
    ...{ id: ID, key: ID, files: [], taken: { workspace, give } },
    first: firstEvents as NewTask['first'],
    plan: {} as Plan,
    engine: {} as Engine,
    callerContext: { callerEnv: {}, key: null, env: {} },
  }
  await expect(createTask(scheduler, task)).rejects.toThrow('the disk is full')
  expect([...rows]).toEqual([])
  expect(existsSync(folder)).toBe(false)
})
