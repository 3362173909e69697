import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseProjectFile } from '../../config/project-file.ts'
import { BerthError } from '../../domain/errors.ts'
import { isLockFile, PROJECT_FILE, PROJECT_FILE_LIMIT, type Project } from '../../domain/network/project.ts'
import type { Git } from '../../git/git.ts'

const tooLarge = (bytes: number) =>
  new BerthError('config-invalid', `${PROJECT_FILE}:1: it has ${bytes} bytes, over the limit of ${PROJECT_FILE_LIMIT}`)

const projectOf = (names: readonly string[], text: string | null): Project => ({
  locks: names.filter(isLockFile),
  ...(text === null ? { deny: [], allow: [] } : parseProjectFile(text)),
})

/**
 * Reads what a repository says of itself at the commit that the task starts at, by git and never from a work tree.
 * Undefined: this repository does not hold the commit. BerthError config-invalid.
 */
export const readProject = async (
  git: Pick<Git, 'top'>,
  input: { readonly repository: string; readonly commit: string; readonly signal?: AbortSignal },
): Promise<Project | undefined> => {
  if (input.commit === '') return projectOf([], null)
  const found = await git.top({ ...input, file: PROJECT_FILE, maxBytes: PROJECT_FILE_LIMIT })
  if (found === undefined) return undefined
  if (found.bytes !== undefined) throw tooLarge(found.bytes)
  return projectOf(found.names, found.text)
}

/** A regular file of at most so many bytes; no link is followed. */
const textOf = (path: string): string | null => {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return null
  }
  try {
    const stat = fstatSync(file)
    if (!stat.isFile()) return null
    if (stat.size > PROJECT_FILE_LIMIT) throw tooLarge(stat.size)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

/** The same of a folder that the task copies or mounts, before its first turn: the user's, no agent's. */
export const readFolder = (folder: string): Project =>
  projectOf(readdirSync(folder), textOf(join(folder, PROJECT_FILE)))
