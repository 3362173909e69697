import { rename } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { trashPath } from '../domain/task-paths.ts'
import { removeTree } from '../std/remove-tree.ts'

/** Removes a mirror whole or not at all: it goes aside first, where the next start finds what a kill has left. */
export const dropMirror = async (path: string, unused: () => boolean): Promise<void> => {
  if (!unused()) throw new BerthError('not-allowed', `${path}: a task uses it again`)
  const trash = trashPath(dirname(dirname(path)), basename(path))
  await removeTree(trash)
  await rename(path, trash)
  await removeTree(trash)
}
