import { client } from '../../client/client.ts'
import { BerthError } from '../../domain/errors.ts'
import { FINAL } from '../../domain/task.ts'
import type { Context } from '../context.ts'
import { eachTask } from '../each-task.ts'
import { type Selector, select } from '../select.ts'

export const rmAction = async (
  context: Context,
  ids: readonly string[],
  options: Selector & { force?: boolean; json?: boolean },
): Promise<number> => {
  const api = client(context)
  const found = await select(context, ids, options, ({ state }) => options.force === true || FINAL.has(state)).catch(
    (error: unknown) => {
      // One that cannot be looked at any more can still be removed, by its id alone.
      if (error instanceof BerthError && error.code === 'corrupt-record' && ids.length === 1) return [{ id: ids[0] }]
      throw error
    },
  )
  const body = { force: options.force ?? false }
  await eachTask(
    found.flatMap(({ id }) => id ?? []),
    async (id) => (await api.ask('remove', { id, body })).id,
    (removed) => {
      if (options.json) context.stdout.write(`${JSON.stringify({ removed })}\n`)
      else for (const id of removed) context.stdout.write(`${id}\n`)
    },
    'Push the work that you want to keep with `berth push`. --force deletes the tasks anyway.',
  )
  return 0
}
