import type { Sent } from '../api/route-types.ts'
import { client } from '../client/client.ts'
import { BerthError } from '../domain/errors.ts'
import { newestFirst } from '../domain/newest-first.ts'
import type { ListedTask } from '../domain/task.ts'
import type { Context } from './context.ts'

export type TaskQuery = NonNullable<Sent<'list'>['query']>

const MOST_LOST = 5

/** The tasks that the query finds now, and those it found before: what became of them is to be seen. */
const listed = async (
  context: Context,
  query: TaskQuery,
  before: ReadonlyMap<string, ListedTask>,
): Promise<ReadonlyMap<string, ListedTask>> => {
  const api = client(context)
  const { tasks } = await api.ask('list', { query })
  const now = new Map(tasks.map((task) => [task.id, task]))
  for (const [id, old] of before) {
    if (now.has(id)) continue
    // Nothing that is over becomes another thing by itself; a further turn brings it back into the list.
    if (old.outcome !== null) now.set(id, old)
    else
      try {
        now.set(id, await api.ask('task', { id }))
      } catch (error) {
        if (!(error instanceof BerthError) || error.code !== 'not-found') throw error
      }
  }
  return new Map([...now].toSorted(([, a], [, b]) => newestFirst(a, b)))
}

/** Tasks as they are, and again whenever the supervisor says that the list has changed. It asks nothing in between. */
export async function* watchTasks(
  context: Context,
  query: TaskQuery,
  signal: AbortSignal,
): AsyncGenerator<readonly ListedTask[]> {
  let tasks: ReadonlyMap<string, ListedTask> = new Map()
  for (let lost = 0; !signal.aborted; lost += 1)
    try {
      for await (const _ of await client(context).stream('changes', {}, signal)) {
        tasks = await listed(context, query, tasks)
        lost = 0
        yield [...tasks.values()]
      }
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof BerthError || lost >= MOST_LOST) throw error
    }
}
