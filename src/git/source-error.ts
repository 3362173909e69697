import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BerthError } from '../domain/errors.ts'
import type { SpawnResult } from '../std/spawn.ts'
import { gitWords, redactUrls } from './git-words.ts'

const DAMAGED =
  /missing (blob|tree|commit|object)|bad (object|tree|pack)|unable to (read|find) (tree |object )?[0-9a-f]{7}|object file .* is empty|corrupt|did not send all necessary objects|inflate|far too short|promisor|lazy fetch|could not fetch [0-9a-f]{7}|failed to (traverse parents|read object)|garbage at end/i
const NO_REPOSITORY = /does not appear to be a git repository/

/** The folder of a URL that names this machine. */
export const folderOf = (url: string): string | undefined => {
  if (url.startsWith('/')) return url
  if (!url.startsWith('file:///')) return undefined
  try {
    return fileURLToPath(url)
  } catch {
    return undefined
  }
}

const isPartial = (folder: string): boolean =>
  [join(folder, '.git/config'), join(folder, 'config')].some((path) => {
    try {
      return existsSync(path) && /promisor\s*=\s*true|partialclone/i.test(readFileSync(path, 'utf8'))
    } catch {
      return false
    }
  })

/** Why a repository could not be read: no answer and no credentials are one thing, lost objects another. */
export const sourceError = (url: string, doing: string, result: SpawnResult, limitMs: number): BerthError => {
  const words = gitWords(result, limitMs)
  const message = `${doing} with git: ${words}`
  if (result.stderr.includes('No space left on device')) return new BerthError('disk-full', message)
  const folder = folderOf(url)
  const damaged = DAMAGED.test(result.stderr)
  if (!damaged && (folder === undefined || NO_REPOSITORY.test(result.stderr) || result.end !== 'exit'))
    return new BerthError('repository-unreachable', message)
  if (folder !== undefined && isPartial(folder))
    return new BerthError(
      'repository-unreadable',
      `${message}\n${redactUrls(folder)} is a partial clone: it lacks objects`,
      {
        hint: 'Give the URL that it was cloned from, or fetch the rest in it: `git fetch --refetch --no-filter`.',
      },
    )
  return new BerthError('repository-unreadable', message)
}
