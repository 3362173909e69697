import { callerContextOf } from '../../client/caller-context.ts'
import { client } from '../../client/client.ts'
import type { Event } from '../../domain/event.ts'
import type { TaskStatus } from '../../domain/task.ts'
import { type StatusOfTask, statusText } from '../../views/status-text.ts'
import type { Context } from '../context.ts'
import { type Selector, select } from '../select.ts'
import { terminalStyle } from '../terminal.ts'
import { firstExit, timeoutOf, waitFor } from '../wait-for.ts'

/** Where the time of each task's last turn went. */
const timing = async (context: Context, ids: readonly string[], options: Selector & { json?: boolean }) => {
  const { spansOf, timedEvents, timingText } = await import('../../views/timing.ts')
  for (const { id, turns } of await select(context, ids, options, () => true, { last: true })) {
    const turn = turns.at(-1)?.turn ?? 1
    const timed = timedEvents()
    const events: Event[] = []
    for await (const event of client(context).events(id, { after: 0, follow: false, turn }))
      if (timed(event)) events.push(event)
    const lines = options.json
      ? spansOf(id, events, turn).map((span) => JSON.stringify(span))
      : [timingText(id, events, turn)]
    for (const line of lines) context.stdout.write(`${line}\n`)
  }
  return 0
}

/** With what the forge says of its pull request, where it has one. */
const withPullRequest = async (context: Context, record: TaskStatus): Promise<StatusOfTask> => {
  if (record.pr === undefined) return record
  const body = { caller: callerContextOf(context) }
  const { pr } = await client(context).ask('pullRequest', { id: record.id, body })
  return { ...record, ...(pr && { pr }) }
}

export type StatusOptions = Selector & {
  json?: boolean
  verbose?: boolean
  timing?: boolean
  wait?: boolean
  waitAny?: boolean
  timeout?: string
}

export const statusAction = async (
  context: Context,
  ids: readonly string[],
  options: StatusOptions,
): Promise<number> => {
  if (options.timing) return await timing(context, ids, options)
  timeoutOf(options.timeout)
  const found = await select(context, ids, options, () => true, { last: true })
  const waits = options.wait || options.waitAny
  const asked = { any: options.waitAny ?? false, timeout: options.timeout }
  const records = waits ? await waitFor(context, found, asked) : found
  if (waits) context.whenUnread(() => firstExit(records))
  // All at once: each may take as long as the forge has.
  for (const record of await Promise.all(records.map((one) => withPullRequest(context, one)))) {
    const more = options.verbose ? { report: await client(context).ask('container', { id: record.id }) } : {}
    if (options.json) context.stdout.write(`${JSON.stringify({ ...record, ...more })}\n`)
    else context.stdout.write(`${statusText(record, { style: terminalStyle(context), now: Date.now(), ...more })}\n`)
  }
  return waits ? firstExit(records) : 0
}
