import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { allow } from '../../domain/allow.ts'
import { LABEL } from '../../domain/container-spec.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { Plan } from '../../plan/plan.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { removeTree } from '../../std/remove-tree.ts'
import { freeLayer } from '../container/free-layer.ts'
import type { Deps } from '../deps.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { lastPlan } from '../task/journal-plans.ts'
import type { LiveTask } from '../task/live-task.ts'
import { removeNamedWorkspace } from '../task/remove-named.ts'
import { endSshKey } from '../task/ssh-key-copy.ts'
import { endToken } from '../task/token-place.ts'
import { isUngathered, onlyInside } from '../task/unsaved-work.ts'
import { missingBase, placesForTurns } from '../task/work-folder.ts'

/** True if the work of the last attempt is only in the workspace. */
const isOnlyThere = (live: LiveTask, { source, folders }: Plan): boolean =>
  (source.kind === 'clone' || source.kind === 'copy') &&
  existsSync(folders.workspace) &&
  isUngathered(live.journal, live.record)

/** Deletes the files that only further turns would need. A second call finishes one that was killed. */
const empty = async (
  deps: Pick<Deps, 'engines' | 'git' | 'installation' | 'tokens'>,
  live: LiveTask,
  plan: Plan,
): Promise<void> => {
  if (!live.record.clean) {
    const engine = deps.engines.at(plan.engine.kind, plan.engine.endpoint)
    for (const container of await engine.list({ [LABEL.task]: live.id })) await engine.remove(container.id)
  }
  await freeLayer(deps, plan)
  await Promise.all(placesForTurns(live.folder).map((folder) => removeTree(folder)))
  await removeNamedWorkspace(live.folder)
  faultPoint('archive.half')
  if (plan.source.kind === 'clone' && plan.source.tree !== undefined)
    await deps.git.unpinTree(plan.source.tree.folder, live.id)
  await endToken(deps, plan)
  endSshKey(plan)
  await rm(plan.folders.socket, { recursive: true, force: true })
}

/** Deletes a finished task's workspace and the agent's home; record, log and kept work stay. Idempotent. */
export const archiveTask = async (input: {
  readonly deps: Pick<Deps, 'engines' | 'git' | 'installation' | 'tokens'>
  readonly tasks: Tasks
  readonly id: string
  readonly force: boolean
}): Promise<TaskRecord> => {
  const { deps, tasks, id, force } = input
  const check = (live: LiveTask, plan: Plan) => {
    const { archived } = live.record
    allow(live.record, 'archive')
    if (!archived && !force && isOnlyThere(live, plan))
      throw new BerthError(
        'not-allowed',
        `${id}: the work of its last turn is only in ${plan.folders.workspace} and would be lost; --force archives it anyway`,
      )
    const base = archived || force ? null : missingBase(live.folder)
    if (base !== null)
      throw new BerthError('not-allowed', `${id}: its workspace lies in ${base}, which is not there`, {
        hint: `Mount the disk of that folder; --force archives the task and leaves the workspace.`,
      })
    const inside = archived || force || !existsSync(plan.folders.workspace) ? null : onlyInside(live.record)
    if (inside !== null)
      throw new BerthError(
        'not-allowed',
        `${id}: ${inside} (${plan.folders.workspace}) and would be lost; --force archives it anyway`,
      )
  }
  // A refused archive leaves the warm container as it is.
  await tasks.withTask(id, async (live) => check(live, lastPlan(live)))
  await tasks.settled(id)
  await tasks.letGo(id)
  return await tasks.exclusive(id, async (live) => {
    const plan = lastPlan(live)
    check(live, plan)
    if (!live.record.archived) {
      // The event first: no turn may begin in a half-deleted workspace.
      await live.commit({ type: 'task.archived' })
      faultPoint('archive.told')
    }
    await empty(deps, live, plan)
    faultPoint('archive.emptied')
  })
}

/** Lists a task again. Its workspace is not restored. Idempotent. */
export const unarchiveTask = async (input: {
  readonly deps: Pick<Deps, 'engines' | 'git' | 'installation' | 'tokens'>
  readonly tasks: Tasks
  readonly id: string
}): Promise<TaskRecord> =>
  await input.tasks.exclusive(input.id, async (live) => {
    if (!live.record.archived) return
    await empty(input.deps, live, lastPlan(live))
    await live.commit({ type: 'task.unarchived' })
  })

/** Refuses a further turn of a task whose workspace was deleted by archiving. */
export const hasWorkspace = ({ id, archived, emptied, givenTo, pushed }: TaskRecord): void => {
  if (archived) throw new BerthError('not-allowed', `${id} is archived: run \`berth unarchive ${id}\` first`)
  if (!emptied) return
  const from = pushed === null ? `\`berth push ${id}\`, then a new task` : `a new task with --branch ${pushed.branch}`
  const why =
    givenTo === undefined
      ? "archiving deleted its workspace and the agent's session"
      : `its workspace is now that of ${givenTo}`
  throw new BerthError('not-allowed', `${id}: ${why}; to go on from its work, use ${from}`)
}
