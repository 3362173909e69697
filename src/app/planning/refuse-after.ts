import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { resultReferences } from '../../domain/result-references.ts'
import { didYouMean } from '../../std/suggest.ts'
import type { Deps } from '../deps.ts'
import { type After, type TaskBefore, tasksBefore } from '../task/tasks-before.ts'

/** Why a prompt names a result that nobody has; undefined: every result has its task. */
export const resultProblem = (prompt: string, before: ReadonlyMap<string, TaskBefore>): string | undefined => {
  for (const { session, problem } of resultReferences(prompt)) {
    if (problem !== undefined) return problem
    if (!before.has(session))
      return `results.${session}: the task begins after no "${session}"${didYouMean(session, before.keys())}`
  }
  return undefined
}

/** Refuses a prompt that names a result that nobody has. In a task that begins after none, braces are the prompt's own. */
export const refuseResults = (
  { store }: Pick<Deps, 'store'>,
  { after, prompt }: { readonly after?: After | undefined; readonly prompt: string },
): void => {
  if (after === undefined) return
  const problem = resultProblem(
    prompt,
    tasksBefore(after, (id) => store.submitted(id)),
  )
  if (problem !== undefined) throw new BerthError('bad-request', `the prompt: ${problem}`)
}

/** Refuses a task that is to begin after one that does not exist, and a prompt that names a result that nobody has. */
export const refuseAfter = (deps: Pick<Deps, 'store'>, request: Pick<TaskRequest, 'after' | 'prompt'>): void => {
  const missing = request.after?.find(({ task }) => deps.store.submitted(task) === undefined)
  if (missing !== undefined)
    throw new BerthError('not-found', `after ${missing.name}: there is no task ${missing.task}`)
  refuseResults(deps, request)
}
