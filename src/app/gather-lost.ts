import { existsSync } from 'node:fs'
import type { Engine } from '../engines/engine.ts'
import type { Plan } from '../plan/plan.ts'
import type { Deps } from './deps.ts'
import type { LiveTask } from './live-task.ts'
import { runHelper } from './run-helper.ts'
import { whenEngineAnswers } from './when-engine-answers.ts'

/**
 * The work of a turn whose container died before it could hand it over: a helper job commits and bundles what lies in the
 * workspace. What goes wrong is told, and the workspace stays.
 */
export const gatherLost = async (input: {
  readonly deps: Pick<Deps, 'toolbox'>
  readonly live: LiveTask
  readonly plan: Plan
  readonly engine: Engine
  readonly signal: AbortSignal
}): Promise<void> => {
  const { deps, live, plan, engine, signal } = input
  const { workspace, exchange } = plan.folders
  const repository = `${workspace}/.git`
  if (plan.source.kind !== 'clone' || !existsSync(repository) || existsSync(`${repository}/berth-unfinished`)) return
  try {
    const mounts = ['workspace', 'mirror']
    const order = plan.order
    await whenEngineAnswers(input, async () => {
      await runHelper({ deps, plan, engine, job: 'gather', order, exchange, mounts, signal })
    })
  } catch (error) {
    signal.throwIfAborted()
    const why = error instanceof Error ? error.message : String(error)
    live.append({
      type: 'notice',
      level: 'warning',
      text: `the agent's work was not gathered and lies in ${workspace}: ${why}`,
    })
  }
}
