import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

const remove = (path: string) => rm(path, { force: true, recursive: true })

const sweep = async (folder: string, stale: (name: string) => boolean, deep: boolean): Promise<void> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (stale(entry.name)) await remove(path)
    else if (deep && entry.isDirectory()) await sweep(path, stale, deep)
  }
}

/** Removes what a killed git leaves in a repository of ours: lock files, half-written packs, and the marks that keep a pack while it is fetched. The caller holds its lock. */
export const unlock = async (repository: string): Promise<void> => {
  const lock = (name: string) => name.endsWith('.lock')
  await sweep(repository, lock, false)
  await sweep(join(repository, 'refs'), lock, true)
  await sweep(join(repository, 'objects/info'), lock, false)
  await sweep(
    join(repository, 'objects/pack'),
    (name) => name.startsWith('tmp_') || name.endsWith('.keep') || lock(name),
    false,
  )
  await sweep(join(repository, 'objects'), (name) => name.startsWith('tmp_objdir'), false)
}
