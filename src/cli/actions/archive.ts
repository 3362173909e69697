import { client } from '../../client/client.ts'
import { FINAL } from '../../domain/task.ts'
import type { Context } from '../context.ts'
import { eachTask } from '../each-task.ts'
import { type Selector, select } from '../select.ts'

export const archiveAction = async (
  context: Context,
  verb: 'archive' | 'unarchive',
  ids: readonly string[],
  options: Selector & { readonly force?: boolean; readonly json?: boolean },
): Promise<number> => {
  const api = client(context)
  const found = await select(context, ids, options, ({ state, archived }) =>
    verb === 'archive' ? FINAL.has(state) && !archived : archived,
  )
  await eachTask(
    found.map(({ id }) => id),
    (id) =>
      verb === 'archive'
        ? api.ask('archive', { id, body: { force: options.force ?? false } })
        : api.ask('unarchive', { id }),
    (tasks) => {
      if (options.json) context.stdout.write(`${JSON.stringify({ tasks })}\n`)
      else for (const { id } of tasks) context.stdout.write(`${id} ${verb}d\n`)
    },
  )
  return 0
}
