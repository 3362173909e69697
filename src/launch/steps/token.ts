import { BerthError } from '../../domain/errors.ts'
import type { ForgeToken } from '../../forges/forge.ts'
import type { LaunchDeps } from '../deps.ts'

/** A forge that does not answer now may not be needed: the mirror may have all that the task begins with. */
const unlessAway = (error: unknown): undefined => {
  if (error instanceof BerthError && error.row.retry) return undefined
  throw error
}

/** Gets the forge's token that git is going to ask for: from then on the forge keeps it in memory. */
export const getToken = async ({ plan, forge, callerEnv, signal }: LaunchDeps): Promise<void> => {
  if (plan.source.kind !== 'clone' || forge === undefined) return
  const { url } = plan.source
  const there = forge.of(url)
  const repository = there?.repositoryOf(url)
  // The settings have no credentials any more: git has the caller's own.
  if (there === undefined || repository === undefined) return
  const permissions = { contents: 'read' } as const
  const token: ForgeToken | undefined = await there
    .token({ repository, permissions }, { callerEnv, signal })
    .catch(unlessAway)
  if (token !== undefined) forge.onToken({ value: token.value, expiresAt: token.expiresAt, repository, permissions })
}
