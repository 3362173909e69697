import type { LaunchDeps } from '../deps.ts'

/** Makes the tree that the workspace is a layer over, or finds it, and keeps it for the task. */
export const makeTree = async ({ plan, git, signal }: LaunchDeps): Promise<void> => {
  if (plan.source.kind !== 'clone' || plan.source.tree === undefined) return
  const { mirror, tree } = plan.source
  await git.tree({ mirror, ...tree, pin: plan.task, owner: plan.owner, signal })
}
