import { cpSync, existsSync, lstatSync, statSync } from 'node:fs'
import { errorMessage } from '../std/error-message.ts'
import { StepFailed } from './exit-codes.ts'
import { isEmpty, type Placed } from './place-repository.ts'

type Input = { readonly source: string; readonly folder: string; readonly say: (text: string) => void }

/** Sockets, pipes and devices cannot be copied. */
const canCopy = (path: string): boolean => {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found !== undefined && (found.isFile() || found.isDirectory() || found.isSymbolicLink())
}

/** Copies a mounted source tree into an empty folder. A folder with files stays as it is, and is kept. Throws StepFailed. */
export const seedFolder = ({ source, folder, say }: Input): Placed => {
  if (!existsSync(source) || !statSync(source).isDirectory())
    throw new StepFailed(
      'clone',
      `${source} is no folder`,
      'Mount the source tree there, or name its place with SOURCE_DIR.',
    )
  if (!isEmpty(folder)) {
    say(`kept ${folder} as it is: it is not empty, so nothing was copied from ${source}`)
    return { kept: true }
  }
  say(`copying ${source} to ${folder}`)
  try {
    cpSync(source, folder, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, filter: canCopy })
  } catch (error) {
    throw new StepFailed(
      'clone',
      `copied ${source} to ${folder}: ${errorMessage(error)}`,
      'Check the mounted tree.',
      error,
    )
  }
  return { kept: false }
}
