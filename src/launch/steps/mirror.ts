import type { LaunchDeps } from '../deps.ts'

/** Brings the shared mirror up to the task's base and pins it there. */
export const fetchMirror = async ({ plan, git, world, mirrorsDir, emit, signal }: LaunchDeps): Promise<void> => {
  if (plan.source.kind !== 'clone') return
  const { url, sha, ref, branch } = plan.source
  await git.mirror({ mirrorsDir, url, sha, pin: plan.task, world, signal })
  emit({ type: 'source.ready', turn: plan.turn, url, ref, base: sha, branch })
}
