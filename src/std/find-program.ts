import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'

/** True for a file that may be executed. */
export const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** The first program of this name in a PATH; folders that are not absolute are left out. */
export const findProgram = (path: string, name: string): string | undefined =>
  path
    .split(':')
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name))
    .find(isProgram)
