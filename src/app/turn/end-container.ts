import { rm } from 'node:fs/promises'
import { LABEL } from '../../domain/container-spec.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import { cleanHome } from '../../std/clean-home.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { outOf } from '../../std/mounted-folder.ts'
import { removeTree } from '../../std/remove-tree.ts'
import { engineAway, overRestart } from '../container/engine-retry.ts'
import { findContainers } from '../container/find-containers.ts'
import { giveBack } from '../container/give-back.ts'
import { rebaseExchange } from '../delivery/rebase-work.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask } from '../task/live-task.ts'
import { writeOutputs } from '../task/outputs.ts'
import { writeSnapshot } from '../task/snapshot.ts'
import { endSshKey } from '../task/ssh-key-copy.ts'
import { endToken } from '../task/token-place.ts'
import { turnHistory } from '../task/turn-history.ts'

/**
 * The work after the outcome: removes the container, the socket, the exchange and the part of the home that no further
 * turn needs, and writes the record for scripts.
 */
export const endContainerOnce = async ({
  deps,
  live,
  plan,
  engine,
  taken = false,
}: {
  readonly deps: Pick<Deps, 'egress' | 'installation' | 'log' | 'tokens'>
  readonly live: LiveTask
  readonly plan: Plan
  readonly engine: Engine
  /** An earlier supervisor began the turn. */
  readonly taken?: boolean
}): Promise<void> => {
  // By label, not only by name: a create that Berth gave up may have succeeded in the engine.
  const turn = plan.container.labels[LABEL.turn] ?? String(plan.turn)
  const own = { [LABEL.task]: live.id, [LABEL.turn]: turn }
  const { started, container } = turnHistory(live, plan.turn, plan.attempt)
  const late = taken && started && container === null && plan.kept === undefined
  const removeContainers = async () => {
    await engine.remove(plan.container.name)
    for (const { id } of await findContainers(engine, own, { late })) await engine.remove(id)
  }
  const ownFiles = async () => {
    try {
      await giveBack(deps, { plan, engine })
    } catch (error) {
      if (engineAway(error)) throw error
      deps.log({ level: 'error', msg: 'own', task: live.id, error: String(error) })
    }
  }
  endSshKey(plan)
  await Promise.all([
    removeContainers(),
    deps.egress.close(live.id),
    endToken(deps, plan),
    writeOutputs({ live, plan }),
  ])
  // Behind the containers: nobody is left who could swap what is removed. An agent that was killed leaves copies of its
  // environment. What cannot go now goes before the next turn, or with the task.
  await ownFiles()
  const { home, exchange } = plan.folders
  const others = [exchange, outOf(exchange), rebaseExchange(plan), taskPaths(plan.folders.task).temporary]
  const removing = [
    cleanHome(
      home,
      plan.order.keepHome.filter((path) => path !== plan.inside?.path),
    ),
    ...others.map((folder) => removeTree(folder)),
  ]
  for (const part of await Promise.allSettled(removing))
    if (part.status === 'rejected')
      deps.log({ level: 'error', msg: 'clean', task: live.id, error: String(part.reason) })
  await rm(plan.folders.socket, { recursive: true, force: true })
  faultPoint('remove.after')
  live.append({ type: 'container.removed', turn: plan.turn })
  // The store comes last: whoever starts after a kill in between finds the journal ahead of it, and writes this again.
  await live.sync()
  faultPoint('clean.written')
  await writeSnapshot(live, plan)
  await live.flush()
  faultPoint('clean.told')
}

/**
 * The work after a turn, over a restart of the engine, so that the queued turns can begin. Rejects
 * if the engine stays away; the next supervisor then cleans up.
 */
export const endContainer = (input: Parameters<typeof endContainerOnce>[0], shutdown: AbortSignal): Promise<void> =>
  overRestart(() => endContainerOnce(input), shutdown)
