import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { workspaceCheck } from './workspace-check.ts'

test('doctor looks at the folder for workspaces as a new task would', () => {
  using folder = temporaryFolder()
  const configFile = folder.at('config.toml')
  // The state folder need not be there yet.
  const paths = { configFile, state: folder.at('state') }
  const check = (toml: string) => {
    writeFileSync(configFile, toml)
    return workspaceCheck({ env: {}, paths, uid: process.getuid?.() ?? 0 })
  }
  mkdirSync(folder.at('base'), { mode: 0o755 })
  expect(check('')).toEqual([])
  expect(check('memory = 3.5x')).toEqual([])
  expect(check(`workspace-base-dir = "${folder.at('base')}"`)).toMatchObject([
    { name: 'workspaces', detail: expect.stringContaining(folder.at('base')) },
  ])
  expect(check(`workspace-base-dir = "${folder.at('none')}"`)).toMatchObject([
    { ok: false, detail: expect.stringContaining('there is no such folder'), fix: expect.stringContaining('Make the') },
  ])
  chmodSync(folder.at('base'), 0o777)
  expect(check(`workspace-base-dir = "${folder.at('base')}"`)).toMatchObject([
    { ok: false, fix: expect.stringContaining('chmod go-w') },
  ])
})
