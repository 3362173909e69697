import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { LABEL } from '../../domain/container-spec.ts'
import { BerthError } from '../../domain/errors.ts'
import { FINAL, type TaskRecord } from '../../domain/task.ts'
import { taskFolders, tokenPaths, trashPath } from '../../domain/task-paths.ts'
import type { Plan } from '../../plan/plan.ts'
import { plannedClones } from '../../plan/planned-clones.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { freeLayer } from '../container/free-layer.ts'
import type { Deps } from '../deps.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { lastPlan } from '../task/journal-plans.ts'
import { recordUsage } from '../task/record-usage.ts'
import { snapshotPlan } from '../task/snapshot.ts'
import { unsavedWork } from '../task/unsaved-work.ts'
import { elsewhere, removeFolder } from '../task/work-folder.ts'

type Known = { readonly id: string; readonly folder: string; readonly plan: Plan | null; readonly clean: boolean }

const unpin = async ({ git }: Pick<Deps, 'git'>, plan: Plan, id: string): Promise<void> => {
  for (const { mirror } of plannedClones(plan)) if (existsSync(mirror)) await git.unpin(mirror, id)
}

const removeAll = async (
  deps: Pick<Deps, 'egress' | 'engines' | 'git' | 'installation' | 'log' | 'store' | 'tokens'>,
  { id, folder, plan, clean }: Known,
): Promise<void> => {
  const stored = deps.store.get(id)?.record
  const kind = plan?.engine.kind ?? stored?.engine
  const endpoint = plan?.engine.endpoint ?? stored?.endpoint
  if (kind !== undefined && endpoint !== undefined && !clean) {
    const engine = deps.engines.at(kind, endpoint)
    for (const container of await engine.list({ [LABEL.task]: id })) await engine.remove(container.id)
  }
  if (plan !== null) await unpin(deps, plan, id)
  if (plan !== null) await freeLayer(deps, plan)
  if (plan?.source.kind === 'clone' && plan.source.tree !== undefined)
    await deps.git.unpinTree(plan.source.tree.folder, id)
  const folders = plan?.folders ?? taskFolders(deps.installation.folders, id)
  const { secrets, daemon } = tokenPaths(folders)
  await deps.tokens.end({ folder: secrets, socket: daemon })
  const { socket } = folders
  await rm(socket, { recursive: true, force: true })
  await deps.egress.forget(id)
  faultPoint('rm.before')
  recordUsage(deps, stored)
  faultPoint('rm.usage')
  deps.store.remove(id)
  faultPoint('rm.row')
  const trash = trashPath(deps.installation.folders.state, id)
  if (existsSync(folder)) await rename(folder, trash)
  faultPoint('rm.trash')
  await removeFolder(trash).catch((error: Error) => {
    throw new BerthError('state-not-writable', `${id} is removed, but some of its files are left: ${error.message}`, {
      cause: error,
      hint: `These files are in ${trash}. \`berth prune\` and the next start of the supervisor try again; \`berth doctor\` lists them.`,
    })
  })
}

/** Removes a task whose journal cannot be read, by the plan.json beside it. */
const removeDamaged = async (
  deps: Pick<Deps, 'egress' | 'engines' | 'git' | 'installation' | 'log' | 'store' | 'tokens'>,
  id: string,
  folder: string,
): Promise<void> => {
  await removeAll(deps, { id, folder, plan: await snapshotPlan(folder), clean: false })
}

const refuse = ({ id, repository: { kind } }: TaskRecord, why: string, folder: string) => {
  const keep =
    kind === 'clone'
      ? `\`berth push ${id}\` publishes commits, \`berth diff ${id}\` shows them`
      : `The files are in ${elsewhere(folder) ?? folder}`
  return new BerthError('not-allowed', `${id}: ${why}`, {
    hint: `${keep}; \`berth rm --force ${id}\` deletes the task anyway.`,
  })
}

/**
 * Deletes a finished task: containers, sockets, the pin in the mirror, its folder and its row. Without `force` one that
 * has work that exists nowhere else is refused, and so is one whose journal cannot be read. `dryRun`
 * refuses the same, and removes nothing.
 */
export const removeTask = async ({
  deps,
  tasks,
  id,
  force,
  dryRun = false,
}: {
  readonly deps: Pick<Deps, 'egress' | 'engines' | 'git' | 'installation' | 'log' | 'store' | 'tokens'>
  readonly tasks: Tasks
  readonly id: string
  readonly force: boolean
  readonly dryRun?: boolean
}): Promise<void> => {
  await tasks.settled(id)
  const remove = tasks.withTask(id, async (live) => {
    if (tasks.live(id) !== undefined || !FINAL.has(live.record.state))
      throw new BerthError('not-allowed', `${id} got a further turn meanwhile: stop it first`)
    const why = force ? null : unsavedWork(live.record, live.folder, live.journal)
    if (why !== null) throw refuse(live.record, why, live.folder)
    if (dryRun) return
    // Flushes first: a later write would bring the row back.
    await live.flush()
    await removeAll(deps, { id, folder: live.folder, plan: lastPlan(live), clean: live.record.clean })
  })
  try {
    await remove
  } catch (error) {
    if (!(error instanceof BerthError) || error.code !== 'corrupt-record') throw error
    if (!force)
      throw new BerthError(
        'corrupt-record',
        `${error.message}; Berth cannot tell whether the task holds work that exists nowhere else`,
        {
          cause: error,
          hint: `Move the file away to look at it; \`berth rm --force ${id}\` deletes the task anyway.`,
        },
      )
    if (!dryRun) await removeDamaged(deps, id, tasks.folderOf(id))
  } finally {
    // Where files are left, too: others may wait for the task.
    tasks.removed()
  }
}
