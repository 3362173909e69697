import { client } from '../client/client.ts'
import { BerthError } from '../domain/errors.ts'
import type { TaskRecord } from '../domain/task.ts'
import { parseDuration } from '../std/duration.ts'
import { LONGEST_TIMER_MS } from '../std/longest-timer.ts'
import type { Context } from './context.ts'
import { exitOf } from './outcome.ts'

/** What an agent says meanwhile is nothing to wait for. */
const ENDS = ['turn.ended', 'turn.withdrawn']

/** The exit code of several tasks: that of the first which is not done. */
export const firstExit = (records: readonly TaskRecord[]): number => records.map(exitOf).find((code) => code !== 0) ?? 0

/** The milliseconds of --timeout; null without it. */
export const timeoutOf = (text: string | undefined): number | null => {
  if (text === undefined) return null
  const limit = parseDuration(text)
  if (!limit.ok) throw new BerthError('usage', `--timeout ${text}: ${limit.error}`)
  return limit.value
}

/** Follows tasks to their ends, or to that of the first of them; their records then. */
export const waitFor = async (
  context: Context,
  records: readonly TaskRecord[],
  options: { readonly any: boolean; readonly timeout: string | undefined },
): Promise<readonly TaskRecord[]> => {
  const api = client(context)
  const limit = timeoutOf(options.timeout)
  if (records.length === 0) return []
  const over = new AbortController()
  const timer = limit === null ? undefined : setTimeout(() => over.abort(), Math.min(limit, LONGEST_TIMER_MS))
  const one = async (record: TaskRecord): Promise<TaskRecord> => {
    const asked = { after: record.seq, follow: true, types: ENDS }
    for await (const _ of api.eventLines(record.id, asked, over.signal)) over.signal.throwIfAborted()
    return await api.ask('task', { id: record.id }, over.signal)
  }
  const waiting = records.map(one)
  try {
    return options.any ? [await Promise.race(waiting)] : await Promise.all(waiting)
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
