import { urlParts } from '../../domain/repository-url.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { Git } from '../../git/git.ts'
import type { CloneSource } from '../../plan/facts.ts'

const LOCAL_URL = /^file:\/\/(?:localhost)?(?=\/)/i

/**
 * Which submodules of a repository the task gets. Relative URLs count from the repository's own one; those of a folder of
 * this machine from where it was cloned.
 */
export const observeSubmodules = async (input: {
  readonly git: Pick<Git, 'origin'>
  readonly rule: TaskRequest['submodules']
  readonly url: string
  readonly signal: AbortSignal | undefined
}): Promise<Pick<CloneSource, 'submodules'>> => {
  const { git, rule, url, signal } = input
  if (rule === 'none') return {}
  const folder = url.replace(LOCAL_URL, '')
  const base = folder.startsWith('/') ? await git.origin(folder, signal) : url
  const isOnHost = base !== null && ![undefined, 'file'].includes(urlParts(base)?.transport)
  return { submodules: { rule, base: isOnHost ? base : null } }
}
