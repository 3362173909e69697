import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { bareRepository } from './bare-repository.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import { type Fetch, fetchCommit, fetchMirror, joinPacks } from './fetch-mirror.ts'
import type { Git, World } from './git.ts'
import { redactUrls } from './git-words.ts'
import type { keyedLock } from './keyed-lock.ts'
import { mirrorPath } from './mirror-path.ts'
import { isPinned, pinBase, pinRef } from './pin.ts'
import { unlock } from './unlock.ts'

type Input = Parameters<Git['mirror']>[0]
type Deps = {
  readonly local: Exec
  readonly remote: (world: World) => Exec
  readonly lock: ReturnType<typeof keyedLock>
}

const holds = async (local: Exec, mirror: string, sha: string, signal?: AbortSignal): Promise<boolean> => {
  const there = await stat(join(mirror, 'HEAD')).catch(() => undefined)
  if (there === undefined) return false
  if (await isPinned(mirror, sha)) return true
  const options = { limitMs: LIMIT.local, ...(signal && { signal }) }
  return succeeded(await local(['--git-dir', mirror, 'cat-file', '-e', `${sha}^{commit}`], options))
}

const bring = async (deps: Deps, input: Input, path: string): Promise<boolean> => {
  const has = () => holds(deps.local, path, input.sha, input.signal)
  if (input.sha !== '' && (await has())) return false
  bareRepository(path, { sha: input.sha, shared: true })
  if (input.sha === '') return false
  await unlock(path)
  const { url, onProgress, signal } = input
  const fetch: Fetch = {
    exec: deps.remote(input.world),
    mirror: path,
    url,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  }
  await fetchMirror(fetch)
  if (!(await has())) {
    const words = await fetchCommit(fetch, input.sha, pinRef(input.pin))
    if (words !== undefined || !(await has())) {
      const why = words ?? 'it is no commit'
      throw new BerthError('ref-not-found', `fetched commit ${input.sha} from ${redactUrls(url)}: ${why}`)
    }
  }
  await joinPacks(deps.local, path)
  return true
}

export const mirror = (deps: Deps) => (input: Input) => {
  const path = mirrorPath(input.mirrorsDir, input.url)
  const run = async () => {
    const fetched = await bring(deps, input, path)
    if (input.sha !== '') await pinBase(path, input.pin, input.sha)
    return { path, fetched }
  }
  return deps.lock(path, run, input.signal)
}
