import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { LABEL } from '../domain/container-spec.ts'
import { BerthError } from '../domain/errors.ts'
import { FINAL } from '../domain/task.ts'
import { faultPoint } from '../std/fault-point.ts'
import { removeTree } from '../std/remove-tree.ts'
import type { Deps } from './deps.ts'
import type { LiveTask } from './live-task.ts'
import { planOf } from './plan-of.ts'
import type { Tasks } from './tasks.ts'

const removeAll = async (deps: Deps, live: LiveTask): Promise<void> => {
  const { id, folder } = live
  const plan = planOf(live)
  if (!live.record.clean) {
    const engine = deps.engines.at(plan.engine.kind, plan.engine.endpoint)
    for (const container of await engine.list({ [LABEL.task]: id })) await engine.remove(container.id)
  }
  if (plan.source.kind === 'clone' && existsSync(plan.source.mirror)) await deps.git.unpin(plan.source.mirror, id)
  await rm(plan.folders.socket, { recursive: true, force: true })
  await deps.egress.close(id)
  faultPoint('rm.before')
  deps.store.remove(id)
  faultPoint('rm.row')
  const trash = `${deps.folders.state}/trash-${id}`
  if (existsSync(folder)) await rename(folder, trash)
  faultPoint('rm.trash')
  await removeTree(trash)
}

/** Deletes a finished task: containers, sockets, the pin in the mirror, its folder and its row. */
export const removeTask = async ({
  deps,
  tasks,
  id,
}: {
  readonly deps: Deps
  readonly tasks: Tasks
  readonly id: string
}): Promise<void> => {
  await tasks.settled(id)
  await tasks.withTask(id, async (live) => {
    if (tasks.live(id) !== undefined || !FINAL.has(live.record.state))
      throw new BerthError('not-allowed', `${id} was given a further turn meanwhile: stop it first`)
    // Nothing is left to write when the journal is closed: the row would come back.
    await live.flush()
    await removeAll(deps, live)
  })
}
