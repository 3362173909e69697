import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import type { keyedLock } from '../std/keyed-lock.ts'
import { bareRepository } from './bare-repository.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import { type Fetch, fetchCommit, fetchMirror, joinPacks } from './fetch-mirror.ts'
import { type Filled, fillMirror } from './fill-mirror.ts'
import type { Git } from './git.ts'
import { redactUrls } from './git-words.ts'
import { type IncompleteClone, incompleteClone } from './incomplete-clone.ts'
import { mirrorPath } from './mirror-path.ts'
import { isPinned, pinBase, pinRef } from './pin.ts'
import { mirroredRefs, readSeen, writeHead, writeSeen } from './seen-refs.ts'
import { unlock } from './unlock.ts'

type Input = Parameters<Git['mirror']>[0]
type Deps = {
  readonly local: Exec
  readonly remote: (input: Input) => Exec
  /** Throws for a repository that may not be worked on. */
  readonly allow: (url: string) => void
  readonly lock: ReturnType<typeof keyedLock>
  /** Mirrors that this process has looked at. */
  readonly swept: Set<string>
}

/**
 * The commit, and all that it leads to: that an object is there is not enough, since a fetch that git refused in the end
 * leaves its pack. What a ref leads to was checked by the fetch; the rest is walked.
 */
const holds = async (local: Exec, mirror: string, sha: string, signal?: AbortSignal): Promise<boolean> => {
  if (!existsSync(join(mirror, 'HEAD'))) return false
  if (await isPinned(mirror, sha)) return true
  const options = { limitMs: LIMIT.push, ...(signal && { signal }) }
  const args = ['--git-dir', mirror, 'rev-list', '--objects', '--quiet', `${sha}^{commit}`, '--not', '--all']
  return succeeded(await local(args, options))
}

const PARTIAL = 'Give the URL that it was cloned from, or fetch the rest in it: `git fetch --refetch --no-filter`.'
const SHALLOW = 'Give the URL that it was cloned from, or run `git fetch --unshallow` in it first.'

const because = (problem: string | undefined) => (problem === undefined ? '' : `: ${problem}`)

const shallowClone = (url: string, problem: string | undefined) => {
  const message = `fetched ${redactUrls(url)}: it is a shallow clone, and a task needs the whole history${because(problem)}`
  return new BerthError('bad-repository', message, { hint: SHALLOW })
}

const partialClone = (cause: BerthError, problem: string) =>
  new BerthError(cause.code, `${cause.message}, and Berth could not fetch the rest${because(problem)}`, {
    hint: PARTIAL,
    cause,
  })

type Rest = Filled & Pick<IncompleteClone, 'kind'>

type Brought = Omit<Awaited<ReturnType<Git['mirror']>>, 'path'>

const bring = async (deps: Deps, input: Input, path: string): Promise<Brought> => {
  const has = () => holds(deps.local, path, input.sha, input.signal)
  const there = input.sha !== '' && (await has())
  if (there && (input.seen === undefined || (await readSeen(path)) === input.seen.digest)) return { fetched: false }
  try {
    return await fetchAll(deps, input, path, has)
  } catch (error) {
    input.signal?.throwIfAborted()
    // What the task begins with is there; it may be another branch that the remote cannot give.
    if (there && error instanceof BerthError) return { fetched: false, stale: error.message }
    throw error
  }
}

/** What the source lacks, brought from where it was cloned; undefined: it is no incomplete clone. */
const bringRest = async (deps: Deps, input: Input, fetch: Fetch): Promise<Rest | undefined> => {
  const clone = await incompleteClone(deps.local, input.url, input.signal)
  if (clone === undefined) return undefined
  const from = (url: string): Fetch => {
    deps.allow(url)
    return { ...fetch, url, exec: deps.remote({ ...input, url }) }
  }
  return { kind: clone.kind, ...(await fillMirror(clone, fetch.mirror, from)) }
}

type Tried = {
  /** Branches were left out, whose history is cut off. */
  readonly shallow: boolean
  /** The source could not read its own objects. */
  readonly unreadable?: BerthError
}

const tryRefs = async (fetch: Fetch): Promise<Tried> => {
  try {
    return await fetchMirror(fetch)
  } catch (error) {
    // A fetch that failed for want of space must not keep what it had.
    await unlock(fetch.mirror)
    if (!(error instanceof BerthError) || error.code !== 'repository-unreadable') throw error
    return { shallow: false, unreadable: error }
  }
}

type RefsThere = {
  /** Branches are still left out. */
  readonly shallow: boolean
  readonly rest?: Rest
}

/** Heads and tags of the source. Where it was cloned from is asked only if it lacks something. */
const bringRefs = async (deps: Deps, input: Input, fetch: Fetch): Promise<RefsThere> => {
  const first = await tryRefs(fetch)
  if (!first.shallow && first.unreadable === undefined) return first
  const rest = await bringRest(deps, input, fetch)
  const tried = rest === undefined || rest.problem !== undefined ? first : await tryRefs(fetch)
  const { unreadable } = tried
  if (unreadable !== undefined) throw rest?.problem === undefined ? unreadable : partialClone(unreadable, rest.problem)
  return { shallow: tried.shallow, ...(rest && { rest }) }
}

/** The commit itself, where no branch or tag led to it. */
const bringCommit = async (input: Input, fetch: Fetch, has: () => Promise<boolean>): Promise<void> => {
  const words = await fetchCommit(fetch, input.sha, pinRef(input.pin))
  if (words === undefined && (await has())) return
  const why = words ?? 'it is not a commit'
  throw new BerthError('ref-not-found', `fetched commit ${input.sha} from ${redactUrls(input.url)}: ${why}`)
}

const fetchAll = async (deps: Deps, input: Input, path: string, has: () => Promise<boolean>): Promise<Brought> => {
  bareRepository(path, { sha: input.sha, shared: true })
  if (input.sha === '') return { fetched: false }
  await unlock(path)
  const { url, onProgress, signal } = input
  const fetch: Fetch = {
    exec: deps.remote(input),
    mirror: path,
    url,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  }
  const { shallow, rest } = await bringRefs(deps, input, fetch)
  const refs = await mirroredRefs(deps.local, path)
  // The fetch checked all that a branch leads to.
  const isTip = refs?.some(([name, tip]) => tip === input.sha && name.startsWith('refs/heads/')) === true
  if (!isTip && !(await has())) {
    if (shallow) throw shallowClone(url, rest?.problem)
    await bringCommit(input, fetch, has)
  }
  if (refs !== undefined) await writeSeen(path, refs)
  if (input.seen?.head) await writeHead(path, input.seen.head)
  await joinPacks(deps.local, path)
  return {
    fetched: true,
    ...(rest !== undefined && rest.from !== null && { filled: { kind: rest.kind, from: rest.from } }),
    ...(shallow && { stale: shallowClone(url, rest?.problem).message }),
  }
}

export const mirror = (deps: Deps) => (input: Input) => {
  const path = mirrorPath(input.mirrorsDir, input.url)
  const run = async () => {
    // What a git left that was killed with an earlier supervisor.
    if (!deps.swept.has(path)) await unlock(path)
    deps.swept.add(path)
    const brought = await bring(deps, input, path)
    if (input.sha !== '') await pinBase(path, input.pin, input.sha)
    return { path, ...brought }
  }
  return deps.lock(path, run, input.signal)
}
