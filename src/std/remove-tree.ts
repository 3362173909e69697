import { chmod, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

const OPTIONS = { recursive: true, force: true, maxRetries: 5 } as const

const unlessGone = <T>(promise: Promise<T>, instead: T): Promise<T> =>
  promise.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return instead
    throw error
  })

/** Makes every folder of a tree ours to empty; links are not followed. What goes meanwhile is passed over: a failed `rm` has more under way. */
const unlock = async (folder: string): Promise<void> => {
  await unlessGone(chmod(folder, 0o700), undefined)
  for (const entry of await unlessGone(readdir(folder, { withFileTypes: true }), []))
    if (entry.isDirectory()) await unlock(join(folder, entry.name))
}

/** Removes a folder with all that is in it, also what a stranger with our uid has locked against us. */
export const removeTree = async (path: string): Promise<void> => {
  try {
    await rm(path, OPTIONS)
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    await unlock(path)
    await rm(path, OPTIONS)
  }
}
