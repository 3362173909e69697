import type { PlannedClone } from '../../plan/plan.ts'
import { plannedClones } from '../../plan/planned-clones.ts'
import { sshKeyOf } from '../../plan/ssh-key.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { LaunchDeps } from '../deps.ts'
import { slowProgress } from '../slow-progress.ts'

const MOST_NAMED = 5

type Left = { readonly path: string; readonly why: string }

const leftText = (why: string, paths: readonly string[]): string => {
  if (paths.includes('')) return terminalLine(why)
  const more = paths.length > MOST_NAMED ? ` and ${paths.length - MOST_NAMED} more` : ''
  const names = paths.slice(0, MOST_NAMED).map(terminalLine).join(', ')
  const files =
    paths.length === 1 ? '1 file of Git LFS stays a pointer' : `${paths.length} files of Git LFS stay pointers`
  return `${files}: ${terminalLine(why)}: ${names}${more}`
}

const byReason = (left: readonly Left[]): ReadonlyMap<string, readonly string[]> => {
  const reasons = new Map<string, string[]>()
  for (const { path, why } of left) reasons.set(why, [...(reasons.get(why) ?? []), path])
  return reasons
}

const fetchOne = async (deps: LaunchDeps, { url, sha, mirror, folder }: PlannedClone): Promise<void> => {
  const { plan, git, callerEnv, forge, emit, signal } = deps
  const of = folder === undefined ? '' : `${folder}: `
  const { left } = await git.bringLfs({
    ...{ mirror, url, sha, callerEnv, signal },
    onProgress: slowProgress((text) => emit({ type: 'source.progress', turn: plan.turn, text: `${of}${text}` })),
    ...(forge && { onToken: forge.onToken }),
    ...sshKeyOf(plan),
  })
  for (const [why, paths] of byReason(left))
    emit({ type: 'notice', level: 'warning', text: `${of}${leftText(why, paths)}` })
}

/** Brings the contents of the clones' Git LFS files into the mirrors, and says which stay pointers. */
export const fetchLfs = async (deps: LaunchDeps): Promise<void> => {
  await Promise.all(plannedClones(deps.plan).map((clone) => fetchOne(deps, clone)))
}
