import { lchown, lstat, mkdir } from 'node:fs/promises'
import type { Plan } from '../../plan/plan.ts'
import { plannedClones } from '../../plan/planned-clones.ts'

const MODE = 0o755

const isThere = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EEXIST'

/**
 * Makes the folder of each repository among several, for the container's user: an engine that mounts something in it
 * would make it as root. An agent can put a link there, so no link is followed.
 */
export const makeRepositoryFolders = async (
  plan: Pick<Plan, 'source' | 'further' | 'owner'> & { readonly folders: Pick<Plan['folders'], 'workspace'> },
): Promise<void> => {
  const { folders, owner } = plan
  for (const { folder } of plannedClones(plan)) {
    if (folder === undefined) continue
    const path = `${folders.workspace}/${folder}`
    await mkdir(path, { mode: MODE }).catch((error: unknown) => {
      if (!isThere(error)) throw error
    })
    const found = await lstat(path)
    if (owner !== null && found.isDirectory() && found.uid !== owner.uid) await lchown(path, owner.uid, owner.gid)
  }
}
