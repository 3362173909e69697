import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { BerthError } from '../../domain/errors.ts'

/** Whether a folder's repository lies elsewhere, as that of a linked work tree or a submodule does. */
export const isLinked = (folder: string): boolean =>
  lstatSync(join(folder, '.git'), { throwIfNoEntry: false })?.isFile() === true

/**
 * Whether a folder that is mounted itself has a repository, which is then mounted read-only. An agent of an earlier turn
 * may have made it: as a link it would bring another folder of this machine into the container.
 */
export const hasGit = (folder: string): boolean => {
  const found = lstatSync(join(folder, '.git'), { throwIfNoEntry: false })
  if (found === undefined) return false
  if (found.isDirectory() || found.isFile()) return true
  throw new BerthError(
    'bad-repository',
    `${folder}/.git is neither a folder nor a file: mounting it would mount the folder it points to`,
    {
      hint: 'Look at it: an agent may have made it. Remove it, or name the folder that it points to.',
    },
  )
}
