import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import type { InstallOptions } from './install.ts'
import { locateToolbox } from './locate-toolbox.ts'
import { readStamp } from './read-stamp.ts'
import { recipe } from './recipe.ts'

/** What npm's part and the system's part of a toolbox take on the disk, and the archive of the image. */
const NEEDED_BYTES = 2.4 * 1024 ** 3

export const AGAIN = 'Then run `berth setup` again: it keeps what is done.'

const existing = (path: string): string => (existsSync(path) ? path : existing(dirname(path)))

/** Refuses before the first download what would end with a full disk. */
export const checkSpace = async (options: InstallOptions): Promise<void> => {
  const { npm } = recipe(options.root)
  const stamp = readStamp(options.root)
  if (existsSync(join(options.install, 'cache', `npm-${npm}`))) return
  if (stamp !== undefined && (await locateToolbox(options.read, stamp.toolbox)) !== undefined) return
  const { bavail, bsize } = await statfs(existing(options.install))
  if (bavail * bsize >= NEEDED_BYTES) return
  throw new BerthError(
    'disk-full',
    `${options.install}: ${Math.round((bavail * bsize) / 1024 ** 2)} MB are free, the toolbox takes 2.4 GB`,
    { hint: `Free some disk space, or name another folder with BERTH_INSTALL_DIR. ${AGAIN}` },
  )
}
