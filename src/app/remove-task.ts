import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { LABEL } from '../domain/container-spec.ts'
import { faultPoint } from '../std/fault-point.ts'
import { removeTree } from '../std/remove-tree.ts'
import type { Deps } from './deps.ts'
import { planOf } from './plan-of.ts'
import type { Tasks } from './tasks.ts'

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
  const folder = tasks.folderOf(id)
  await tasks.settled(id)
  const { plan, clean } = await tasks.withTask(id, async (live) => ({ plan: planOf(live), clean: live.record.clean }))
  if (!clean) {
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
