import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

const BLOCK = 512

/** Bytes that a tree takes on the disk; what is gone, or may not be looked at, counts as nothing. */
export const treeBytes = async (path: string): Promise<number> => {
  const stat = await lstat(path).catch(() => null)
  if (stat === null) return 0
  let bytes = stat.blocks * BLOCK
  if (!stat.isDirectory()) return bytes
  for (const name of await readdir(path).catch(() => [])) bytes += await treeBytes(join(path, name))
  return bytes
}
