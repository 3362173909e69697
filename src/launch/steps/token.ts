import { BerthError } from '../../domain/errors.ts'
import type { ForgeToken } from '../../forges/forge.ts'
import { plannedClones } from '../../plan/planned-clones.ts'
import type { LaunchDeps } from '../deps.ts'

/** A forge that does not answer now may not be needed: the mirror may have all that the task begins with. */
const unlessAway = (error: unknown): undefined => {
  if (error instanceof BerthError && error.row.retry) return undefined
  throw error
}

type Asking = Required<Pick<LaunchDeps, 'forge'>> & Pick<LaunchDeps, 'callerEnv' | 'signal'>

const tokenFor = async ({ forge, callerEnv, signal }: Asking, url: string): Promise<void> => {
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

/** Gets the forge's tokens that git is going to ask for: from then on the forge keeps them in memory. */
export const getToken = async ({ plan, forge, callerEnv, signal }: LaunchDeps): Promise<void> => {
  if (forge === undefined) return
  await Promise.all(plannedClones(plan).map(({ url }) => tokenFor({ forge, callerEnv, signal }, url)))
}
