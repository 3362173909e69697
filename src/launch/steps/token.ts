import type { LaunchDeps } from '../deps.ts'

/** Gets the forge's token that git is going to ask for: from then on the forge keeps it in memory. */
export const getToken = async ({ plan, forge, callerEnv, signal }: LaunchDeps): Promise<void> => {
  if (plan.source.kind !== 'clone' || forge === undefined) return
  const { url } = plan.source
  const there = forge.of(url)
  const repository = there?.repositoryOf(url)
  // The settings have no credentials any more: git has the caller's own.
  if (there === undefined || repository === undefined) return
  const permissions = { contents: 'read' } as const
  const { value, expiresAt } = await there.token({ repository, permissions }, { callerEnv, signal })
  forge.onToken({ value, expiresAt, repository, permissions })
}
