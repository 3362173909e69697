import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { resultReferences } from '../../domain/result-references.ts'
import { didYouMean } from '../../std/suggest.ts'
import type { Deps } from '../deps.ts'
import { type TaskBefore, tasksBefore } from '../task/tasks-before.ts'

/** Why a prompt names a result that nobody has; undefined: every result has its task. */
export const resultProblem = (prompt: string, before: ReadonlyMap<string, TaskBefore>): string | undefined => {
  for (const { session, problem } of resultReferences(prompt)) {
    if (problem !== undefined) return problem
    if (!before.has(session))
      return `results.${session}: the task begins after no "${session}"${didYouMean(session, before.keys())}`
  }
  return undefined
}

/** Refuses a task that is to begin after one that does not exist, or whose prompt names a result that nobody has. */
export const refuseAfter = ({ store }: Pick<Deps, 'store'>, { after, prompt }: TaskRequest): void => {
  if (after === undefined) return
  const missing = after.find(({ task }) => store.submitted(task) === undefined)
  if (missing !== undefined)
    throw new BerthError('not-found', `after ${missing.name}: there is no task ${missing.task}`)
  const before = tasksBefore(after, (id) => store.submitted(id))
  const problem = resultProblem(prompt, before)
  if (problem !== undefined) throw new BerthError('bad-request', `the prompt: ${problem}`)
}
