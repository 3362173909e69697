import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import type { keyedLock } from '../std/keyed-lock.ts'
import { bareRepository } from './bare-repository.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import { type Fetch, fetchCommit, fetchMirror, joinPacks } from './fetch-mirror.ts'
import type { Git } from './git.ts'
import { redactUrls } from './git-words.ts'
import { mirrorPath } from './mirror-path.ts'
import { isPinned, pinBase, pinRef } from './pin.ts'
import { readSeen, writeHead, writeSeen } from './seen-refs.ts'
import { unlock } from './unlock.ts'

type Input = Parameters<Git['mirror']>[0]
type Deps = {
  readonly local: Exec
  readonly remote: (input: Input) => Exec
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

const shallowClone = (url: string) =>
  new BerthError(
    'bad-repository',
    `fetched ${redactUrls(url)}: it is a shallow clone, and a task needs the whole history`,
    {
      hint: 'Run `git fetch --unshallow` in it first.',
    },
  )

type Brought = { readonly fetched: boolean; readonly stale?: string }

const bring = async (deps: Deps, input: Input, path: string): Promise<Brought> => {
  const has = () => holds(deps.local, path, input.sha, input.signal)
  const there = input.sha !== '' && (await has())
  if (there && (input.seen === undefined || (await readSeen(path)) === input.seen.digest)) return { fetched: false }
  try {
    return { fetched: await fetchAll(deps, input, path, has) }
  } catch (error) {
    input.signal?.throwIfAborted()
    // What the task begins with is there; it may be another branch that the remote cannot give.
    if (there && error instanceof BerthError) return { fetched: false, stale: error.message }
    throw error
  }
}

const fetchAll = async (deps: Deps, input: Input, path: string, has: () => Promise<boolean>): Promise<boolean> => {
  bareRepository(path, { sha: input.sha, shared: true })
  if (input.sha === '') return false
  await unlock(path)
  const { url, onProgress, signal } = input
  const fetch: Fetch = {
    exec: deps.remote(input),
    mirror: path,
    url,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  }
  // A fetch that failed for want of space must not keep what it had.
  const { shallow } = await fetchMirror(fetch).catch(async (error: unknown) => {
    await unlock(path)
    throw error
  })
  if (!(await has())) {
    if (shallow) throw shallowClone(url)
    const words = await fetchCommit(fetch, input.sha, pinRef(input.pin))
    if (words !== undefined || !(await has())) {
      const why = words ?? 'it is not a commit'
      throw new BerthError('ref-not-found', `fetched commit ${input.sha} from ${redactUrls(url)}: ${why}`)
    }
  }
  await writeSeen(deps.local, path)
  if (input.seen?.head) await writeHead(path, input.seen.head)
  await joinPacks(deps.local, path)
  return true
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
