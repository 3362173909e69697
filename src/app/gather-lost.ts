import { existsSync } from 'node:fs'
import { chmod, rename, writeFile } from 'node:fs/promises'
import { BUNDLE_FILE, ORDER_FILE, type WorkOrder } from '../domain/worker-protocol.ts'
import type { Engine } from '../engines/engine.ts'
import type { Plan } from '../plan/plan.ts'
import { removeTree } from '../std/remove-tree.ts'
import type { LiveTask } from './live-task.ts'

const LIMIT_MS = 10 * 60_000

/** What the agent left where the bundle and the order belong is not ours to believe. */
const releaseHelper = async (plan: Plan, order: WorkOrder) => {
  const { exchange, task } = plan.folders
  const target = `${exchange}/${ORDER_FILE}`
  await Promise.all([removeTree(target), removeTree(`${exchange}/${BUNDLE_FILE}`)])
  const temporary = `${task}/order.tmp`
  await writeFile(temporary, JSON.stringify(order))
  await chmod(temporary, plan.owner === null && plan.container.userNamespace !== 'none' ? 0o600 : 0o644)
  await rename(temporary, target)
}

/**
 * The work of a turn whose container died before it could hand it over: the same container once more, without an agent
 * and without a way out, commits and bundles what lies in the workspace. What goes wrong is told, and the workspace stays.
 */
export const gatherLost = async (input: {
  readonly live: LiveTask
  readonly plan: Plan
  readonly engine: Engine
  readonly signal: AbortSignal
}): Promise<void> => {
  const { live, plan, engine } = input
  const repository = `${plan.folders.workspace}/.git`
  if (plan.source.kind !== 'clone' || !existsSync(repository) || existsSync(`${repository}/berth-unfinished`)) return
  const signal = AbortSignal.any([input.signal, AbortSignal.timeout(LIMIT_MS)])
  const name = `${plan.container.name}-gather`
  try {
    await releaseHelper(plan, { ...plan.order, run: null, forward: null })
    const id = await engine.create({ ...plan.container, name, network: 'none' }, signal)
    await engine.start(id, signal)
    const { code } = await engine.wait(id, signal)
    if (code !== 0) throw new Error(`the container that gathers it ended with exit code ${code}`)
  } catch (error) {
    input.signal.throwIfAborted()
    const why = error instanceof Error ? error.message : String(error)
    live.append({
      type: 'notice',
      level: 'warning',
      text: `the agent's work was not gathered and lies in ${plan.folders.workspace}: ${why}`,
    })
  } finally {
    await engine.remove(name).catch(() => {})
  }
}
