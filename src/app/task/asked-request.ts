import { BerthError } from '../../domain/errors.ts'
import { type TaskRequest, taskRequest } from '../../domain/request.ts'
import type { LiveTask } from './live-task.ts'

/** What a person asked of the task when it was created, without the prompt: each turn has its own. */
export const askedRequest = ({ journal }: Pick<LiveTask, 'journal'>): Omit<TaskRequest, 'prompt'> => {
  for (const event of journal.select('task.created')) {
    // A request of an older version lacks what was added since.
    const { prompt: _prompt, ...request } = taskRequest.parse({ ...event.task.request, prompt: '' })
    return request
  }
  throw new BerthError('corrupt-record', `${journal.path}: the first event is not task.created`)
}
