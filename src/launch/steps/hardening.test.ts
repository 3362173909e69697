import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { Plan } from '../../plan/plan.ts'
import { putHardening } from './hardening.ts'

test('profile and zone are in the folder of the task; a zone that went since stays as it was', async () => {
  using folder = temporaryFolder()
  const zoneFile = join(folder.path, 'Berlin')
  writeFileSync(zoneFile, 'TZif2', { mode: 0o600 })
  const plan = {
    container: { ownSeccomp: { from: '/p', text: '{}' } },
    folders: { task: folder.path },
    zoneFile,
  } as unknown as Plan
  await putHardening(plan)
  rmSync(zoneFile)
  await putHardening(plan)
  expect(readFileSync(join(folder.path, 'seccomp.json'), 'utf8')).toBe('{}')
  expect(readFileSync(join(folder.path, 'zone'), 'utf8')).toBe('TZif2')
  expect(statSync(join(folder.path, 'zone')).mode & 0o777).toBe(0o644)
})
