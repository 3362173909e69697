import type { LaunchDeps } from '../deps.ts'

const QUIET_MS = 2000
const EVERY_MS = 3000

/** Tells how a long fetch comes on: nothing for a short one, then a line every few seconds. */
const progress = (tell: (text: string) => void) => {
  let next = Date.now() + QUIET_MS
  return (line: string) => {
    if (Date.now() < next) return
    next = Date.now() + EVERY_MS
    tell(line.trim())
  }
}

/** Brings the shared mirror up to the task's base and pins it there. */
export const fetchMirror = async (deps: LaunchDeps): Promise<void> => {
  const { plan, git, callerEnv, forge, mirrorsDir, emit, signal } = deps
  if (plan.source.kind !== 'clone') return
  const { url, sha, ref, branch, seen } = plan.source
  const onProgress = progress((text) => emit({ type: 'source.progress', turn: plan.turn, text }))
  const { stale, filled } = await git.mirror({
    ...{ mirrorsDir, url, sha, pin: plan.task, callerEnv, signal, onProgress },
    ...(seen && { seen }),
    ...(forge && { onToken: forge.onToken }),
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
      text: `Berth could not refresh the other branches and tags; they are as an earlier task found them: ${stale}`,
    })
  emit({ type: 'source.ready', turn: plan.turn, url, ref, base: sha, branch })
}
