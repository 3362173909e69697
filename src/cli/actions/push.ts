import { callerContextOf } from '../../client/caller-context.ts'
import { client } from '../../client/client.ts'
import { FINAL } from '../../domain/task.ts'
import type { Context } from '../context.ts'
import { eachTask } from '../each-task.ts'
import { type Selector, select } from '../select.ts'

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
    ({ state, head, repository, pushed }) =>
      FINAL.has(state) && head !== null && head !== repository.base && pushed?.sha !== head,
  )
  await eachTask(
    found.map(({ id }) => id),
    (id) => api.ask('push', { id, body }),
    (tasks) => {
      if (options.json) context.stdout.write(`${JSON.stringify({ tasks })}\n`)
      else
        for (const { id, pushed } of tasks)
          context.stdout.write(`${id} pushed ${pushed?.branch} ${pushed?.sha.slice(0, 12)}\n`)
    },
  )
  return 0
}
