import { chmod, chown, mkdir } from 'node:fs/promises'
import { taskPaths } from '../../domain/task-paths.ts'
import type { Plan } from '../../plan/plan.ts'
import { removeTree } from '../../std/remove-tree.ts'

/** An empty folder for what passes between us and a helper job, for the container's user. */
export const makeExchange = async ({ folders, owner }: Plan, path: string): Promise<void> => {
  await mkdir(taskPaths(folders.task).exchanges, { recursive: true, mode: 0o700 })
  await removeTree(path)
  await mkdir(path)
  await chmod(path, 0o755)
  if (owner !== null) await chown(path, owner.uid, owner.gid)
}
