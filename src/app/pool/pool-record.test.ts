import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EventBody } from '../../domain/event.ts'
import type { Engine } from '../../engines/engine.ts'
import { openJournal } from '../../store/journal.ts'
import { readJournal } from '../../store/read-journal.ts'
import type { Deps } from '../deps.ts'
import { recordPooled, removePooled, sweepPooled } from './pool-record.ts'

const ID = 't-0123456789abcdefgh'
let root = ''
const containers = new Map<string, string>()

const engine = {
  list: async (labels: Readonly<Record<string, string>>) =>
    [...containers].filter(([, task]) => task === labels['berth.task']).map(([id]) => ({ id })),
  remove: async (id: string) => void containers.delete(id),
} as unknown as Engine
const deps = (rows: readonly string[] = []) =>
  ({
    installation: { folders: { state: root, runtime: join(root, 'run'), configFile: '' } },
    engines: { at: () => engine },
    store: { reader: readJournal, get: (id: string) => (rows.includes(id) ? {} : undefined) },
  }) as unknown as Deps
const folder = () => join(root, 'tasks', ID)
const journal = (...bodies: readonly object[]) => {
  const made = openJournal(join(folder(), 'events.jsonl'))
  made.append(bodies as readonly EventBody[])
  made.close()
}
const sweep = async (rows: readonly string[] = []) => await sweepPooled(deps(rows), `pool-${ID}.json`)
const left = () => readdirSync(root).filter((name) => name.startsWith('pool-') || name.startsWith('trash-'))

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'berth-pool-'))
  containers.clear()
  containers.set('member', ID)
  containers.set('other', 't-other')
  mkdirSync(join(folder(), 'workspace'), { recursive: true })
  for (const name of ['g', 'secrets']) mkdirSync(join(root, 'run', name, ID), { recursive: true })
  await recordPooled(deps().installation.folders, ID, { kind: 'docker', endpoint: 'unix:///a' })
})
afterEach(() => rmSync(root, { recursive: true }))

const isGone = () => {
  expect([...containers.keys()]).toEqual(['other'])
  expect([left(), existsSync(folder())]).toEqual([[], false])
  for (const name of ['g', 'secrets']) expect(readdirSync(join(root, 'run', name))).toEqual([])
}

test('a sandbox that nobody has goes with its folders and its note, and nothing else does', async () => {
  await removePooled(deps(), { id: ID, engine, folder: folder() }, new AbortController().signal)
  isGone()
})

test('the next supervisor removes what it was killed over', async () => {
  const swept = sweep()
  // Nobody takes the folder for a task's while the engine is asked.
  expect(existsSync(folder())).toBe(false)
  await swept
  isGone()
})

test('a removal that came to no end before is ended: a folder was made again beside what it had moved away', async () => {
  mkdirSync(join(root, `trash-${ID}`, 'workspace'), { recursive: true })
  await sweep()
  isGone()
})

test('a task that was being begun in it, of which nobody was told, is none', async () => {
  journal({ type: 'task.created', task: {} })
  await sweep()
  isGone()
})

test('a task that has it keeps it: by its journal, or by its row', async () => {
  journal({ type: 'task.created', task: {} }, { type: 'turn.planned', turn: 1, plan: {} })
  await sweep()
  expect([[...containers.keys()], left(), existsSync(folder())]).toEqual([['member', 'other'], [], true])
  rmSync(join(folder(), 'events.jsonl'))
  await recordPooled(deps().installation.folders, ID, { kind: 'docker', endpoint: 'unix:///a' })
  await sweep([ID])
  expect([[...containers.keys()], left(), existsSync(folder())]).toEqual([['member', 'other'], [], true])
})

test('a damaged journal is nobody’s to remove', async () => {
  writeFileSync(join(folder(), 'events.jsonl'), 'garbage\n')
  await sweep()
  expect([[...containers.keys()], left(), existsSync(folder())]).toEqual([['member', 'other'], [], true])
})

test('no other file of the state folder is taken for a note', () => {
  writeFileSync(join(root, 'pool-notes.txt'), '')
  for (const file of ['pool-notes.txt', 'berth.db', `pool-${ID}.json.tmp`])
    expect(sweepPooled(deps(), file)).toBeUndefined()
})
