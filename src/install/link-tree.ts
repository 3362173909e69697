import { copyFile, link, readdir, readlink, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { mkdirOpen } from './into-place.ts'

const linkFile = (from: string, to: string): Promise<void> =>
  link(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EXDEV' || error.code === 'EMLINK' || error.code === 'EPERM') return copyFile(from, to)
    throw error
  })

/** A copy of a tree whose files are hard links (copies where the file system has none), without the paths in `left`. */
export const linkTree = async (
  from: string,
  to: string,
  left: ReadonlySet<string> = new Set(),
  below = '',
): Promise<void> => {
  await mkdirOpen(to)
  const entries = await readdir(from, { withFileTypes: true })
  await Promise.all(
    entries.map(async (entry) => {
      const source = join(from, entry.name)
      const target = join(to, entry.name)
      const path = join(below, entry.name)
      if (left.has(path)) return
      if (entry.isDirectory()) await linkTree(source, target, left, path)
      else if (entry.isSymbolicLink()) await symlink(await readlink(source), target)
      else await linkFile(source, target)
    }),
  )
}
