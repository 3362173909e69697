import { client } from '../../client/client.ts'
import { CLOSING_EVENTS } from '../../views/closing.ts'
import { attachedTask, detachKeys } from '../attached-task.ts'
import type { Context } from '../context.ts'
import { detachWhenUnread } from '../detach.ts'
import { eventOutput } from '../event-output.ts'
import { idOrLast } from '../last-task.ts'
import { needTerminal } from '../own-terminal.ts'

export type AttachOptions = { readonly readOnly?: boolean; readonly take?: boolean; readonly detachKeys?: string }

/** Shows the terminal of a task's agent, and types into it. */
export const attachAction = async (context: Context, asked: string | undefined, options: AttachOptions) => {
  const keys = detachKeys(context, options.detachKeys)
  needTerminal(context, 'attach')
  const id = await idOrLast(context, asked)
  const task = await client(context).ask('task', { id })
  const turn = task.turns.at(-1)?.turn
  detachWhenUnread(context, task.id)
  return await attachedTask(context, {
    task,
    keys,
    readOnly: options.readOnly ?? false,
    take: options.take ?? false,
    output: eventOutput(context, { id: task.id }),
    query: { types: CLOSING_EVENTS, ...(turn === undefined ? {} : { turn }) },
    begun: false,
  })
}
