import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import { ZONE_FOLDER } from '../../domain/time-zone.ts'

const MAGIC = 'TZif'

const isZoneFile = async (path: string): Promise<boolean> => {
  try {
    const file = await open(path)
    try {
      const { buffer } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0)
      return buffer.toString('latin1') === MAGIC
    } finally {
      await file.close()
    }
  } catch {
    return false
  }
}

/** This machine's file of the zone; null: the machine has no such files at all. BerthError where it has others and not this one. */
export const findZone = async (name: string, folder = ZONE_FOLDER): Promise<string | null> => {
  const path = join(folder, name)
  if (await isZoneFile(path)) return path
  if (!existsSync(join(folder, 'UTC'))) return null
  throw new BerthError('bad-request', `--timezone ${name}: there is no ${path}`, {
    hint: 'Write a name of the time zone database, like Europe/Berlin: `ls /usr/share/zoneinfo` shows those of this machine.',
  })
}
