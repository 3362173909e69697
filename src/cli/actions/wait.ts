import { FINAL } from '../../domain/task.ts'
import type { Context } from '../context.ts'
import { type Selector, select } from '../select.ts'
import { labelsOf } from '../session-flags.ts'
import { firstExit, timeoutOf, waitFor } from '../wait-for.ts'

/** Waits for tasks and tells what became of them. */
export const waitAction = async (
  context: Context,
  ids: readonly string[],
  options: Selector & { any?: boolean; timeout?: string; json?: boolean },
): Promise<number> => {
  const { any = false, timeout } = options
  // Before anything is looked up.
  timeoutOf(timeout)
  // A label names a batch: how those of it ended that are over is asked for, too.
  const batch = labelsOf(options) !== undefined
  const records = await select(context, ids, options, ({ state }) => batch || !FINAL.has(state))
  const done = await waitFor(context, records, { any, timeout })
  if (options.json) context.stdout.write(`${JSON.stringify({ tasks: done })}\n`)
  else for (const record of done) context.stdout.write(`${record.id} ${record.state}\n`)
  return firstExit(done)
}
