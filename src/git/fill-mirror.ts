import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { urlProblem } from '../domain/repository-url.ts'
import { hasPassword } from '../domain/shown-source.ts'
import { type Fetch, fetchCommits, fetchOrigin, ORIGIN_COMMITS } from './fetch-mirror.ts'
import { redactUrls } from './git-words.ts'
import type { IncompleteClone } from './incomplete-clone.ts'

/** More names than one command line should hold. */
const MOST_COMMITS = 2000

export type Filled = {
  /** The URL that the rest was fetched from; null: nothing was fetched. */
  readonly from: string | null
  /** Why the rest could not be fetched. */
  readonly problem?: string
}

const problemOf = (origin: string): string | undefined => {
  if (hasPassword(origin)) return 'the URL of its remote holds a password, which Berth gives to no program'
  const read = origin.startsWith('/') ? undefined : urlProblem(origin)
  return typeof read === 'string' ? `the URL of its remote: ${read}` : undefined
}

const bringRest = async (fetch: Fetch, commits: readonly string[]): Promise<void> => {
  const few = commits.length > 0 && commits.length <= MOST_COMMITS
  // A server need not give a commit by its name, and a branch may have moved on since.
  if (few && (await fetchCommits(fetch, commits))) return
  await fetchOrigin(fetch)
}

/**
 * Fetches what an incomplete clone lacks from the remote that it was cloned from, into refs of the mirror's own. After
 * that, the mirror can take the clone's commits. `fetchFrom` throws for a remote that nobody may read.
 */
export const fillMirror = async (
  clone: IncompleteClone,
  mirror: string,
  fetchFrom: (origin: string) => Fetch,
): Promise<Filled> => {
  const { commits, origin } = clone
  const missing = commits.filter((sha) => !existsSync(join(mirror, ORIGIN_COMMITS, sha)))
  if (commits.length > 0 && missing.length === 0) return { from: null }
  if (origin === null) return { from: null, problem: 'it names no remote that has the rest' }
  const problem = problemOf(origin)
  if (problem !== undefined) return { from: null, problem }
  try {
    await bringRest(fetchFrom(origin), missing)
    return { from: redactUrls(origin) }
  } catch (error) {
    if (!(error instanceof BerthError) || error.code === 'disk-full') throw error
    return { from: null, problem: error.message }
  }
}
