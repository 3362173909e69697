import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { recordProbe } from '../app/container/probe-record.ts'
import { recordPooled } from '../app/pool/pool-record.ts'
import { trashPath } from '../domain/task-paths.ts'
import type { Context } from './context.ts'
import { stateFolder } from './own-files.ts'

const FOLDERS = ['tasks', 'mirrors', 'trees', 'gateway', 'logins', 'host']
const FILES = ['berth.db', 'berth.db-wal', 'berth.db.closed', 'supervisor.log', 'supervisor.lock', 'usage.jsonl']
const engine = { kind: 'docker', endpoint: '' } as const

const bench = async () => {
  const folder = temporaryFolder()
  const state = folder.at('state')
  mkdirSync(state)
  for (const name of FOLDERS) mkdirSync(`${state}/${name}`)
  for (const name of FILES) writeFileSync(`${state}/${name}`, '')
  mkdirSync(trashPath(state, 'x'))
  await recordProbe(state, engine)
  await recordPooled({ state, runtime: state, configFile: '' }, 't-one', engine)
  return { folder, state, context: { paths: { state } } as Context }
}

test('a state folder with nothing but what Berth writes there goes', async () => {
  const { folder, state, context } = await bench()
  using _ = folder
  await (await stateFolder(context))?.remove()
  expect(existsSync(state)).toBe(false)
})

test.each(['config.toml', 'notes.txt', 'pool-notes.txt'])('%s stays', async (name) => {
  const { folder, state, context } = await bench()
  using _ = folder
  writeFileSync(`${state}/${name}`, '')
  await (await stateFolder(context))?.remove()
  expect(existsSync(`${state}/${name}`)).toBe(true)
  expect(await stateFolder(context)).toBeNull()
})
