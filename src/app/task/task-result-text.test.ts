import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { endOf, journaledTasks } from '../../../test/fixtures/journaled-tasks.ts'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { EventBody } from '../../domain/event.ts'
import type { ResultField } from '../../domain/result-references.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import { nameBelow } from './name-below.ts'
import { taskResultText } from './task-result-text.ts'

const ID = `t-${'1'.repeat(18)}`

let folder: ReturnType<typeof temporaryFolder>
let tasks: ReturnType<typeof journaledTasks>
beforeEach(() => {
  folder = temporaryFolder()
  tasks = journaledTasks(folder.path, ['src/a.ts\n', 'README.md\n'])
})
afterEach(() => folder[Symbol.dispose]())

const WORK = {
  type: 'work.kept',
  turn: 1,
  head: 'b1',
  base: 'base',
  commits: [{ sha: 'b1', subject: 'Add a' }],
  branches: [],
  uncommitted: [],
  committed: true,
  wip: null,
} satisfies EventBody

const BEGUN = { type: 'turn.started', turn: 1, attempt: 1, container: 'c' } satisfies EventBody

const resultOf = async (field: ResultField, events: readonly EventBody[], kind: 'clone' | 'copy' = 'clone') => {
  const { live } = await tasks.begin({ id: ID, kind })
  await live.commit(BEGUN, ...events)
  const { record, journal } = live
  const signal = new AbortController().signal
  return await taskResultText({ deps: tasks.scheduler.deps, record, journal, folder: live.folder, signal }, field)
}

test('text: the last message of the last turn', async () => {
  const says = (turn: number, text: string) => ({ type: 'agent.message', turn, text }) as const
  const more: EventBody[] = [
    endOf('done', 'good'),
    { type: 'turn.queued', turn: 2, prompt: 'more', promptBytes: 4 },
    { type: 'turn.started', turn: 2, attempt: 1, container: 'c' },
    says(2, 'b'),
    says(2, 'c'),
  ]
  expect(await resultOf('text', [says(1, 'a'), ...more])).toBe('c')
})

test('files: what changed against the base', async () => {
  const { publish } = taskPaths(tasks.registry.folderOf(ID))
  mkdirSync(publish, { recursive: true })
  expect(await resultOf('files', [WORK])).toBe('src/a.ts\nREADME.md\n')
  expect(tasks.asked).toMatchObject([{ publish, from: 'base', to: 'b1', names: true }])
})

test('files of a copied folder: those of its patch', async () => {
  const path = taskPaths(tasks.registry.folderOf(ID)).patch(1)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, 'diff --git a/x.txt b/x.txt\n--- a/x.txt\n+++ b/x.txt\n@@ -1 +1 @@\n-a\n+b\n')
  expect(await resultOf('files', [{ type: 'work.patch', turn: 1, path, bytes: 1 }], 'copy')).toBe('x.txt\n')
  expect(tasks.asked).toEqual([])
})

test('branch: the one that was pushed', async () => {
  const pushed = { type: 'work.pushed', turn: 1, remote: 'r', branch: 'berth/x', sha: 'b1' } as const
  expect(await resultOf('branch', [WORK, pushed])).toBe('berth/x')
})

test('commits: their ids and subjects', async () => {
  expect(await resultOf('commits', [WORK])).toBe('b1 Add a')
})

test('of several repositories, each file and each commit is named with its folder', async () => {
  const { publish, publishOf } = taskPaths(tasks.registry.folderOf(ID))
  for (const path of [publish, publishOf('lib')]) mkdirSync(path, { recursive: true })
  const lib = { ...WORK, repository: 'lib', head: 'c1', commits: [{ sha: 'c1', subject: 'Add c' }] }
  const pushed = { type: 'work.pushed', turn: 1, remote: 'r', branch: 'berth/x', sha: 'c1', repository: 'lib' } as const
  const { live } = await tasks.begin({ id: ID, folders: ['app', 'lib'] })
  await live.commit(BEGUN, WORK, lib, pushed)
  const { record, journal } = live
  const input = { deps: tasks.scheduler.deps, record, journal, folder: live.folder, signal: AbortSignal.abort() }
  expect(await taskResultText(input, 'commits')).toBe('app: b1 Add a\nlib: c1 Add c')
  expect(await taskResultText(input, 'branch')).toBe('berth/x')
  expect(await taskResultText(input, 'files')).toBe('app/src/a.ts\napp/README.md\nlib/src/a.ts\nlib/README.md\n')
  expect(tasks.asked).toMatchObject([
    { publish, to: 'b1' },
    { publish: publishOf('lib'), to: 'c1' },
  ])
})

test('a name that git quotes is quoted below its folder, too', () => {
  expect(nameBelow('"\\303\\251"', 'lib')).toBe('"lib/\\303\\251"')
})

test('json: the result that was kept', async () => {
  expect(await resultOf('json', [{ type: 'result.kept', turn: 1, attempt: 1, json: '{"a":1}' }])).toBe('{"a":1}')
})

test.each(['text', 'files', 'branch', 'commits', 'json'] as const)(
  '%s of a task without it is empty',
  async (field) => {
    expect(await resultOf(field, [])).toBe('')
  },
)
