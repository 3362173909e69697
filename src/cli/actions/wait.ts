import { BerthError } from '../../domain/errors.ts'
import { FINAL, type TaskRecord } from '../../domain/task.ts'
import { parseDuration } from '../../std/duration.ts'
import { client } from '../client.ts'
import type { Context } from '../context.ts'
import { exitOf } from '../outcome.ts'
import { type Selector, select } from '../select.ts'

/** Follows the tasks to their ends. */
export const waitAction = async (
  context: Context,
  ids: readonly string[],
  options: Selector & { any?: boolean; timeout?: string; json?: boolean },
): Promise<number> => {
  const api = client(context)
  const over = new AbortController()
  const limit = options.timeout === undefined ? null : parseDuration(options.timeout)
  if (limit !== null && !limit.ok) throw new BerthError('usage', `--timeout ${options.timeout}: ${limit.error}`)
  const records = await select(context, ids, options, ({ state }) => !FINAL.has(state))
  if (records.length === 0) return 0
  const timer = limit === null ? undefined : setTimeout(() => over.abort(), limit.value)
  const one = async (record: TaskRecord): Promise<TaskRecord> => {
    for await (const _ of api.events(record.id, { after: record.seq, follow: true }, over.signal))
      over.signal.throwIfAborted()
    return await api.json<TaskRecord>('GET', `/v1/tasks/${record.id}`, undefined, over.signal)
  }
  const waiting = records.map(one)
  try {
    const done = options.any ? [await Promise.race(waiting)] : await Promise.all(waiting)
    if (options.json) context.stdout.write(`${JSON.stringify({ tasks: done })}\n`)
    else for (const record of done) context.stdout.write(`${record.id} ${record.state}\n`)
    return done.map(exitOf).find((code) => code !== 0) ?? 0
  } catch (error) {
    if (over.signal.aborted)
      throw new BerthError(
        'timeout',
        `waiting for ${records.map(({ id }) => id).join(', ')}: not over after ${options.timeout}`,
      )
    throw error
  } finally {
    clearTimeout(timer)
    over.abort()
    for (const promise of waiting) promise.catch(() => {})
  }
}
