import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Hash of files and folders (with all below them) by name and content, in an order of its own; 12 hex digits. */
export const contentHash = (root: string, paths: readonly string[], extra: readonly string[] = []): string => {
  const hash = createHash('sha256')
  for (const text of extra) hash.update(`${text.length}:${text}`)
  const add = (path: string) => {
    const full = join(root, path)
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) add(`${path}/${name}`)
      return
    }
    const bytes = readFileSync(full)
    hash.update(`${path}\0${bytes.length}\0`).update(bytes)
  }
  for (const path of paths) add(path)
  return hash.digest('hex').slice(0, 12)
}
