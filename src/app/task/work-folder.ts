import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { isTrash, taskPaths, tasksFolder, trashName, workPaths } from '../../domain/task-paths.ts'
import { isStillThere, namedWorkspace } from '../../launch/named-workspace.ts'
import { removeTree } from '../../std/remove-tree.ts'
import { treeBytes } from '../../std/tree-bytes.ts'
import { removeNamedWorkspace } from './remove-named.ts'

const idOf = (folder: string): string => {
  const name = basename(folder)
  return isTrash(name) ? trashName(name) : name
}

/**
 * The folder of the task's workspace where it lies elsewhere, as the file `place` in the task's folder names it; null if
 * it lies beside the task's other files. Berth removes this folder with the task, so it must bear the task's id.
 */
export const elsewhere = (folder: string): string | null => {
  const { place } = taskPaths(folder)
  if (!existsSync(place)) return null
  const work = readFileSync(place, 'utf8')
  return work.startsWith('/') && basename(work) === idOf(folder) ? work : null
}

/** Where the workspace of the task in this folder lies. */
export const workspaceIn = (folder: string): string =>
  namedWorkspace(folder)?.path ?? workPaths(elsewhere(folder) ?? folder).workspace

/** The folder that is to hold the workspaces of several tasks, where it is gone, as an unmounted disk is; else null. */
export const missingBase = (folder: string): string | null => {
  const work = namedWorkspace(folder)?.path ?? elsewhere(folder)
  if (work === null || existsSync(dirname(work))) return null
  return dirname(work)
}

/** What only further turns need, wherever it lies. */
export const placesForTurns = (folder: string): readonly string[] => {
  const work = elsewhere(folder)
  return [...taskPaths(folder).forTurns, ...(work === null ? [] : [work])]
}

const sum = async (paths: readonly string[]): Promise<number> =>
  (await Promise.all(paths.map(treeBytes))).reduce((all, one) => all + one, 0)

/** The workspace that the user named, if it is there. */
const named = (folder: string): readonly string[] => {
  const workspace = namedWorkspace(folder)
  return workspace !== null && isStillThere(workspace) ? [workspace.path] : []
}

export const bytesForTurns = (folder: string): Promise<number> => sum([...placesForTurns(folder), ...named(folder)])

/** Bytes of a task's folder, or of something else of the state folder, with the workspace that lies elsewhere. */
export const folderBytes = (folder: string): Promise<number> => {
  const work = elsewhere(folder)
  return sum([folder, ...(work === null ? [] : [work]), ...named(folder)])
}

/** Bytes of the state folder and of the workspaces that lie elsewhere. */
export const usedBytes = (state: string): Promise<number> => {
  const tasks = tasksFolder(state)
  const folders = [
    ...(existsSync(tasks) ? readdirSync(tasks).map((name) => `${tasks}/${name}`) : []),
    ...readdirSync(state)
      .filter(isTrash)
      .map((name) => `${state}/${name}`),
  ]
  return sum([state, ...folders.flatMap((folder) => [elsewhere(folder) ?? [], named(folder)].flat())])
}

/** Removes a folder of the state folder. A workspace that lies elsewhere goes first: the folder alone knows of it. */
export const removeFolder = async (folder: string): Promise<void> => {
  const work = elsewhere(folder)
  if (work !== null) await removeTree(work)
  await removeNamedWorkspace(folder)
  await removeTree(folder)
}
