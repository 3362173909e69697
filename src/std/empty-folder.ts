import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { removeTree } from './remove-tree.ts'

/** Removes all that is in a folder; links are not followed, and the folder itself stays. */
export const emptyFolder = async (path: string): Promise<void> => {
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  await Promise.all(names.map((name) => removeTree(join(path, name))))
}
