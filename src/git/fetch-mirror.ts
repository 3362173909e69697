import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import { gitWords, redactUrls } from './git-words.ts'
import { sourceError } from './source-error.ts'

const MIRRORED = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'] as const
const MANY_PACKS = 40
/** What an incomplete clone was made of, as the remote has it that it was cloned from. No sandbox sees these refs. */
const ORIGIN = 'refs/berth/origin'
export const ORIGIN_COMMITS = `${ORIGIN}/commits`

export type Fetch = {
  readonly exec: Exec
  readonly mirror: string
  readonly url: string
  readonly onProgress?: (line: string) => void
  readonly signal?: AbortSignal
}

const progressLines = (onProgress: (line: string) => void) => {
  let rest = ''
  return (text: string) => {
    const pieces = (rest + text).split(/[\r\n]/)
    rest = pieces.pop() ?? ''
    for (const piece of pieces) if (piece.trim() !== '') onProgress(redactUrls(piece.trim()))
  }
}

/** One fetch. unpackLimit=1: objects arrive as a whole pack or not at all, so a killed fetch leaves none behind that lacks its parts. */
const fetchRefs = (fetch: Fetch, refspecs: readonly string[], prune: boolean) =>
  fetch.exec(
    [
      ...['-c', 'fetch.unpackLimit=1', '-c', 'fetch.writeCommitGraph=false', '--git-dir', fetch.mirror, 'fetch'],
      ...['--no-auto-maintenance', '--no-write-fetch-head', '--no-recurse-submodules', '--no-tags', '--progress'],
      ...(prune ? ['--prune'] : []),
      ...['--', fetch.url, ...refspecs],
    ],
    {
      limitMs: LIMIT.fetch,
      ...(fetch.signal && { signal: fetch.signal }),
      ...(fetch.onProgress && { onStderr: progressLines(fetch.onProgress) }),
    },
  )

/**
 * Brings heads and tags to what the remote has. `shallow`: the remote is a shallow clone, and git left out branches
 * whose history is cut off. BerthError repository-unreachable, repository-unreadable, disk-full.
 */
export const fetchMirror = async (fetch: Fetch): Promise<{ readonly shallow: boolean }> => {
  const result = await fetchRefs(fetch, MIRRORED, true)
  if (succeeded(result)) return { shallow: result.stderr.includes('because shallow roots are not allowed') }
  throw sourceError(fetch.url, `fetched ${redactUrls(fetch.url)}`, result, LIMIT.fetch)
}

/** A commit that no branch or tag leads to: the remote may still give it, into `ref`. Undefined, or git's words. */
export const fetchCommit = async (fetch: Fetch, sha: string, ref: string): Promise<string | undefined> => {
  const result = await fetchRefs(fetch, [`+${sha}:${ref}`], false)
  return succeeded(result) ? undefined : gitWords(result, LIMIT.fetch)
}

/** Commits of the remote, with all that they lead to. False: the remote does not give them by their names. */
export const fetchCommits = async (fetch: Fetch, commits: readonly string[]): Promise<boolean> => {
  const refspecs = commits.map((sha) => `+${sha}:${ORIGIN_COMMITS}/${sha}`)
  return succeeded(await fetchRefs(fetch, refspecs, false))
}

/** All branches and tags of the remote that a clone was made of. BerthErrors of `fetchMirror`. */
export const fetchOrigin = async (fetch: Fetch): Promise<void> => {
  const refspecs = ['heads', 'tags'].map((kind) => `+refs/${kind}/*:${ORIGIN}/${kind}/*`)
  const result = await fetchRefs(fetch, refspecs, true)
  if (!succeeded(result))
    throw sourceError(fetch.url, `fetched the rest from ${redactUrls(fetch.url)}`, result, LIMIT.fetch)
}

/** Joins packs where many fetches left many; every object stays, reachable or not, since work trees borrow them. */
export const joinPacks = async (local: Exec, mirror: string): Promise<void> => {
  const packs = (await readdir(join(mirror, 'objects/pack'))).filter((name) => name.endsWith('.pack'))
  if (packs.length < MANY_PACKS) return
  await local(['--git-dir', mirror, 'repack', '-q', '-d', '--geometric=2', '--no-write-bitmap-index'], {
    limitMs: LIMIT.push,
  })
}
