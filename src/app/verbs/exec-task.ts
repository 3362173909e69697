import { BerthError } from '../../domain/errors.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { ExecSession } from '../../engines/engine.ts'
import type { Deps } from '../deps.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { lastPlan } from '../task/journal-plans.ts'

export type ExecRequest = {
  readonly argv: readonly string[]
  readonly tty: { readonly columns: number; readonly rows: number; readonly term: string } | null
  /** Nobody listens to the command. */
  readonly detach: boolean
}

/**
 * Runs a command in the live container of a task's turn, as the agent's user, in its folder. Refused if there is none. Gives null
 * for a command that nobody listens to.
 */
export const execTask = async (input: {
  readonly deps: Pick<Deps, 'engines'>
  readonly tasks: Tasks
  readonly record: TaskRecord
  readonly signal: AbortSignal
}): Promise<(request: ExecRequest) => Promise<ExecSession | null>> => {
  const { deps, tasks, record, signal } = input
  const { id, state, phase, container } = record
  const none = new BerthError(
    'not-allowed',
    `${id} is ${state}${phase === null ? '' : ` (${phase})`}: it has no live container to run a command in`,
  )
  if (container?.state !== 'running') throw none
  const plan = await tasks.withTask(id, async (live) => lastPlan(live))
  const engine = deps.engines.at(plan.engine.kind, plan.engine.endpoint)
  if ((await engine.inspect(container.id, signal))?.state !== 'running') throw none
  const { user } = plan.container
  const common = { user: `${user.uid}:${user.gid}`, workdir: plan.order.run?.cwd ?? plan.order.paths.work }
  return async ({ argv, tty, detach }) => {
    const env = { ...plan.order.run?.env, ...(tty === null ? {} : { TERM: tty.term }) }
    const options = { argv, env, ...common }
    if (detach) {
      await engine.execDetached(container.id, options, signal)
      return null
    }
    const size = tty === null ? {} : { tty: { columns: tty.columns, rows: tty.rows } }
    return await engine.exec(container.id, { ...options, ...size }, signal)
  }
}
