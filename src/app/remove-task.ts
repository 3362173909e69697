import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { LABEL } from '../domain/container-spec.ts'
import type { Plan } from '../plan/plan.ts'
import type { Deps } from './deps.ts'
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
  const plan = await tasks.withTask(id, async (live) => {
    const planned = [...live.journal.read()].findLast((event) => event.type === 'turn.planned')
    return planned?.type === 'turn.planned' ? (planned.plan as Plan) : null
  })
  if (plan !== null) {
    const engine = deps.engines.at(plan.engine.kind, plan.engine.endpoint)
    for (const container of await engine.list({ [LABEL.task]: id }).catch(() => [])) await engine.remove(container.id)
    if (plan.source.kind === 'clone' && existsSync(plan.source.mirror)) await deps.git.unpin(plan.source.mirror, id)
    await rm(plan.folders.socket, { recursive: true, force: true })
  }
  await deps.egress.close(id)
  deps.store.remove(id)
  const trash = `${deps.folders.state}/trash-${id}`
  if (existsSync(folder)) await rename(folder, trash)
  await rm(trash, { recursive: true, force: true })
}
