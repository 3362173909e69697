import { existsSync, readdirSync, renameSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { trashPath } from '../domain/task-paths.ts'
import type { keyedLock } from '../std/keyed-lock.ts'
import { removeTree } from '../std/remove-tree.ts'

/** Something was fetched into it: what is fetched comes as a whole pack. */
export const isFilled = (mirror: string): boolean => {
  const packs = join(mirror, 'objects/pack')
  return existsSync(packs) && readdirSync(packs).some((name) => name.endsWith('.pack'))
}

/** Removes a mirror into which nothing was fetched, after a fetch that is under way. */
export const dropEmpty =
  (lock: ReturnType<typeof keyedLock>) =>
  (path: string, unused: () => boolean): Promise<void> =>
    lock(path, async () => {
      if (!existsSync(path) || isFilled(path) || !unused()) return
      const trash = trashPath(dirname(dirname(path)), basename(path))
      // At once: nobody may take it for his own meanwhile.
      if (existsSync(trash)) return
      renameSync(path, trash)
      await removeTree(trash)
    })
