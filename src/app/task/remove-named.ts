import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { taskPaths } from '../../domain/task-paths.ts'
import { isStillThere, namedWorkspace } from '../../launch/named-workspace.ts'
import { removeTree } from '../../std/remove-tree.ts'

/** Forgets the folder: it is another task's from now on. */
export const forgetWorkspace = (folder: string): void => rmSync(taskPaths(folder).named, { force: true })

/** Removes the workspace that the user named: the folder if Berth made it, else what is in it. */
export const removeNamedWorkspace = async (folder: string): Promise<void> => {
  const workspace = namedWorkspace(folder)
  if (workspace === null) return
  const { path, made } = workspace
  if (isStillThere(workspace)) {
    if (made) await removeTree(path)
    else for (const name of readdirSync(path)) await removeTree(join(path, name))
  }
  forgetWorkspace(folder)
}
