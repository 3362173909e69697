import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { findZone } from './find-zone.ts'

test("a zone's file is found where this machine has any; a machine without them has none", async () => {
  using folder = temporaryFolder()
  const zones = join(folder.path, 'zoneinfo')
  expect(await findZone('Europe/Berlin', zones)).toBeNull()
  mkdirSync(join(zones, 'Europe'), { recursive: true })
  writeFileSync(join(zones, 'UTC'), 'TZif2')
  writeFileSync(join(zones, 'Europe', 'Berlin'), 'TZif2...')
  writeFileSync(join(zones, 'Europe', 'Rome'), 'no zone')
  expect(await findZone('Europe/Berlin', zones)).toBe(join(zones, 'Europe', 'Berlin'))
  for (const name of ['Europe/Rome', 'Europe/Paris', 'Europe'])
    await expect(findZone(name, zones)).rejects.toMatchObject({
      code: 'bad-request',
      message: `--timezone ${name}: there is no ${join(zones, name)}`,
    })
})
