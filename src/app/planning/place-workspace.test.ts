import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FACTS } from '../../../test/fixtures/plan-facts.ts'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { type TaskRequest, taskRequest } from '../../domain/request.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { Deps } from '../deps.ts'
import { placeWorkspace } from './place-workspace.ts'

const URL = 'https://git.example/team/app.git'
const uid = process.getuid?.() ?? 0

let folder: ReturnType<typeof temporaryFolder>
let records: TaskRecord[]
beforeEach(() => {
  folder = temporaryFolder()
  records = []
})
afterEach(() => folder[Symbol.dispose]())

const record = (id: string, workspace: string, more: Partial<TaskRecord> = {}) =>
  ({
    ...{ id, workspace, state: 'done', kept: null, emptied: false, wip: null, uncommitted: [] },
    repository: { kind: 'clone', url: URL },
    ...more,
  }) as unknown as TaskRecord
const place = (asked: Partial<TaskRequest>, mountRoots: readonly string[] | null = null) =>
  placeWorkspace({
    deps: {
      config: { settings: () => ({ mountRoots }) },
      installation: { folders: { state: folder.at('state') } },
      store: { list: () => records },
    } as unknown as Deps,
    request: taskRequest.parse({ prompt: 'x', ...asked }),
    // The agent's user is the caller, so that the files of this test are its own.
    facts: { ...FACTS, caller: { uid: uid || 1001, gid: 1001 }, host: {} as never },
  })
const make = (name: string, ...files: readonly string[]) => {
  mkdirSync(folder.at(name), { recursive: true })
  for (const file of files) writeFileSync(folder.at(name, file), '')
  return folder.at(name)
}

const linked = (name: string, to: string) => {
  symlinkSync(to, folder.at(name))
  return folder.at(name)
}
const opened = (name: string) => {
  chmodSync(make(name), 0o777)
  return folder.at(name)
}

describe('a named folder', () => {
  test('that is not there, or is empty, is taken; without one Berth has its own', () => {
    expect(place({})).toBeUndefined()
    expect(place({ workspace: folder.at('a/b') })).toEqual({ path: folder.at('a/b'), reused: null })
    expect(place({ workspace: make('empty') })).toEqual({ path: folder.at('empty'), reused: null })
  })

  test.each<[string, () => string, string]>([
    ['with files', () => make('full', 'a'), 'it is not empty'],
    ['a link', () => linked('link', make('empty')), 'this is a link'],
    ['a file', () => folder.at(make('d', 'file') && 'd/file'), 'this is not a folder'],
    ['in a file', () => folder.at(make('d', 'file') && 'd/file/x'), 'is not a folder'],
    ['in the state folder', () => folder.at('state/x'), 'this lies in the state folder'],
    ['where others can write', () => `${opened('open')}/x`, 'others can write to'],
  ])('%s is refused', (_, path, why) => {
    const workspace = path()
    expect(() => place({ workspace })).toThrow(expect.objectContaining({ message: expect.stringContaining(why) }))
    expect(() => place({ workspace })).toThrow(`--workspace ${workspace}: `)
  })

  test('is beneath mount-roots by its real path', () => {
    const root = make('root')
    symlinkSync(make('outside'), folder.at('root/out'))
    expect(place({ workspace: folder.at('root/a/b') }, [root])).toEqual({ path: folder.at('root/a/b'), reused: null })
    for (const path of ['root/out/x', 'other', 'root'])
      expect(() => place({ workspace: folder.at(path) }, [root])).toThrow(
        expect.objectContaining({ code: 'mount-not-allowed' }),
      )
  })

  test('a link on the way is resolved', () => {
    symlinkSync(make('real'), folder.at('link'))
    expect(place({ workspace: folder.at('link/w') })).toEqual({ path: folder.at('real/w'), reused: null })
  })
})

describe('a folder that a task has', () => {
  test.each<[string, string, Partial<TaskRecord>, string]>([
    ['a running task', 'w', { state: 'running' }, 'the task t-1 works there'],
    ['a warm container', 'w', { kept: { until: '', frame: 1, since: 0 } }, 'the task t-1 works there'],
    ['a folder in it', 'w/in', { state: 'done' }, 'the task t-1 works in'],
    ['another repository', 'w', { repository: { kind: 'clone', url: 'https://x/y' } as never }, 'another repository'],
    ['files that nobody has', 'w', { uncommitted: ['a'] }, 't-1: its uncommitted files are only in its workspace'],
  ])('is not had from %s', (_, at, more, why) => {
    records = [record('t-1', make(at, 'a'), more)]
    expect(() => place({ workspace: make('w'), reuseExisting: true })).toThrow(
      expect.objectContaining({ code: 'workspace-in-use', message: expect.stringContaining(why) }),
    )
  })

  test('is had from an ended one if that is asked for', () => {
    records = [record('t-1', make('w', 'a'))]
    expect(() => place({ workspace: folder.at('w') })).toThrow('it is the work tree of the task t-1')
    expect(place({ workspace: folder.at('w'), reuseExisting: true })).toEqual({ path: folder.at('w'), reused: 't-1' })
    records = [record('t-1', folder.at('w'), { emptied: true })]
    expect(() => place({ workspace: folder.at('w'), reuseExisting: true })).toThrow(
      'it is not empty, and no task worked there',
    )
  })

  test('is its own if the submit is sent again', () => {
    records = [record(FACTS.task, make('w', 'a'), { state: 'running' })]
    expect(place({ workspace: folder.at('w') })).toEqual({ path: folder.at('w'), reused: null })
  })
})

describe('a number', () => {
  test('is the least that is free', () => {
    make('build-1', 'a')
    records = [record('t-2', folder.at('build-2'), { state: 'queued' })]
    expect(place({ workspaceTemplate: folder.at('build-{n}') })).toEqual({ path: folder.at('build-3'), reused: null })
  })

  test('of an ended task is free if that is asked for', () => {
    records = [
      record('t-1', make('build-1', 'a'), { state: 'running' }),
      record('t-2', make('build-2', 'a')),
      record('t-3', make('build-3', 'a')),
    ]
    const template = { workspaceTemplate: folder.at('build-{n}') }
    expect(place(template)).toEqual({ path: folder.at('build-4'), reused: null })
    expect(place({ ...template, reuseExisting: true })).toEqual({ path: folder.at('build-2'), reused: 't-2' })
  })
})
