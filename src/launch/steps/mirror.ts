import type { PlannedClone } from '../../plan/plan.ts'
import { plannedClones } from '../../plan/planned-clones.ts'
import { sshKeyOf } from '../../plan/ssh-key.ts'
import type { LaunchDeps } from '../deps.ts'
import { slowProgress } from '../slow-progress.ts'

/** `repository`: the folder of one that is not the main one. */
const fetchOne = async (
  deps: LaunchDeps,
  { url, sha, ref, branch, seen, folder }: PlannedClone,
  repository?: string,
): Promise<void> => {
  const { plan, git, callerEnv, forge, mirrorsDir, emit, signal } = deps
  const of = folder === undefined ? '' : `${folder}: `
  const onProgress = slowProgress((text) => emit({ type: 'source.progress', turn: plan.turn, text: `${of}${text}` }))
  const { stale, filled } = await git.mirror({
    ...{ mirrorsDir, url, sha, pin: plan.task, callerEnv, signal, onProgress },
    ...(seen && { seen }),
    ...(forge && { onToken: forge.onToken }),
    ...sshKeyOf(plan),
  })
  if (filled !== undefined)
    emit({
      type: 'notice',
      level: 'info',
      text: `${url} is a ${filled.kind}: Berth fetched what it lacks from ${filled.from} into its own mirror`,
    })
  if (stale !== undefined)
    emit({
      type: 'notice',
      level: 'warning',
      text: `${of}Berth could not refresh the other branches and tags; they are as an earlier task found them: ${stale}`,
    })
  emit({ type: 'source.ready', turn: plan.turn, ...(repository && { repository }), url, ref, base: sha, branch })
}

/** Makes the folders of mirrors that are not there: the container has them before the fetch has filled them. */
export const emptyMirrors = async ({ plan, git }: LaunchDeps): Promise<void> => {
  for (const { mirror, sha } of plannedClones(plan)) git.emptyMirror(mirror, sha)
}

/** Brings the shared mirrors up to the bases of the task and pins it there. */
export const fetchMirror = async (deps: LaunchDeps): Promise<void> => {
  const [main, ...further] = plannedClones(deps.plan)
  if (main === undefined) return
  await Promise.all([fetchOne(deps, main), ...further.map((clone) => fetchOne(deps, clone, clone.folder))])
}
