import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { taskPaths } from '../domain/task-paths.ts'

/** The folder of a workspace that the user named, as the task's folder describes it. */
export type NamedWorkspace = {
  readonly path: string
  /** Number and birth of the folder, by which Berth knows it again. */
  readonly inode: string
  readonly born: string
  /** Berth made the folder, and removes it with the task. */
  readonly made: boolean
}

/** Describes the folder at the path; undefined if there is none. */
export const describeWorkspace = (path: string, made: boolean): NamedWorkspace | undefined => {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  if (stats?.isDirectory() !== true) return undefined
  return { path, inode: String(stats.ino), born: String(stats.birthtimeNs), made }
}

/** What the folder of a task says of the workspace that the user named; null if its workspace is none of these. */
export const namedWorkspace = (folder: string): NamedWorkspace | null => {
  const { named } = taskPaths(folder)
  return existsSync(named) ? (JSON.parse(readFileSync(named, 'utf8')) as NamedWorkspace) : null
}

/** True if the folder is still there, and nobody put another one in its place. */
export const isStillThere = ({ path, inode, born }: NamedWorkspace): boolean => {
  const now = describeWorkspace(path, true)
  return now?.inode === inode && now.born === born
}
