import { callerContextOf } from '../../client/caller-context.ts'
import { client } from '../../client/client.ts'
import { FINAL, type TaskRecord } from '../../domain/task.ts'
import { isUnpushed, recordsOf } from '../../domain/work-part.ts'
import { inFolder } from '../../views/words.ts'
import type { Context } from '../context.ts'
import { eachTask } from '../each-task.ts'
import { type Selector, select } from '../select.ts'

/** Those of its repositories that something was pushed of. */
const pushedOf = (task: TaskRecord): readonly TaskRecord[] =>
  task.further === undefined ? [task] : recordsOf(task).filter(({ pushed }) => pushed !== null)

export const pushAction = async (
  context: Context,
  ids: readonly string[],
  options: Selector & { to?: string; json?: boolean },
): Promise<number> => {
  const api = client(context)
  const body = { caller: callerContextOf(context), ...(options.to === undefined ? {} : { to: options.to }) }
  const found = await select(
    context,
    ids,
    options,
    (record) => FINAL.has(record.state) && recordsOf(record).some(isUnpushed),
  )
  await eachTask(
    found.map(({ id }) => id),
    (id) => api.ask('push', { id, body }),
    (tasks) => {
      if (options.json) context.stdout.write(`${JSON.stringify({ tasks })}\n`)
      else
        for (const { id, pushed, repository } of tasks.flatMap(pushedOf))
          context.stdout.write(
            `${id} pushed ${pushed?.branch} ${pushed?.sha.slice(0, 12)}${inFolder({ repository })}\n`,
          )
    },
  )
  return 0
}
