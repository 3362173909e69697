import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { CloneSource } from '../../plan/facts.ts'
import type { SourceInput } from './observe-source.ts'
import { parsedSource, realFolder } from './request-source.ts'

/** The URL of a repository as its clone will most likely have it. */
const urlOf = (input: SourceInput): string | undefined => {
  const parsed = parsedSource(input)
  if (parsed.kind === 'url') return parsed.url
  if (parsed.kind === 'none') return undefined
  const folder = realFolder(resolve(input.caller.cwd, parsed.path))
  return existsSync(join(folder, '.git')) || existsSync(join(folder, 'HEAD')) ? folder : undefined
}

/**
 * The repository of a task whose remote has not answered yet, as far as its container is concerned: without a commit.
 * Undefined where the container depends on more.
 */
export const expectedSource = (input: SourceInput): CloneSource | undefined => {
  const { deps, request } = input
  if (request.source !== 'clone' || request.repos.length > 0 || request.sharedTree) return undefined
  const url = urlOf(input)
  if (url === undefined) return undefined
  const mirror = deps.git.mirrorPath(url)
  return {
    ...{ kind: 'clone', url, ref: null, sha: '', branch: request.branch ?? null, mirror, uncommitted: [] },
    mirrorExists: deps.git.isFilled(mirror),
    ...(request.submodules === 'none' ? {} : { submodules: { rule: request.submodules, base: null } }),
  }
}
