import { BerthError } from '../../domain/errors.ts'
import { FINAL } from '../../domain/task.ts'
import { client } from '../client.ts'
import type { Context } from '../context.ts'
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
  const removed: string[] = []
  const refused: BerthError[] = []
  for (const { id } of found)
    try {
      removed.push((await api.json<{ id: string }>('DELETE', `/v1/tasks/${id}`, { force: options.force ?? false })).id)
    } catch (error) {
      // One that has to stay keeps no other from going.
      if (!(error instanceof BerthError) || error.code !== 'not-allowed') throw error
      refused.push(error)
    }
  if (options.json) context.stdout.write(`${JSON.stringify({ removed })}\n`)
  else for (const id of removed) context.stdout.write(`${id}\n`)
  const [first] = refused
  if (first === undefined) return 0
  throw new BerthError(first.code, refused.map(({ message }) => message).join('\n'), {
    hint: refused.length === 1 ? first.hint : 'Push what shall stay with `berth push`; --force deletes all the same.',
  })
}
