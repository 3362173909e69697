import { client } from '../../client/client.ts'
import { BerthError, EXIT } from '../../domain/errors.ts'
import { attachedTask, detachKeys } from '../attached-task.ts'
import type { Context } from '../context.ts'
import { detachWhenUnread } from '../detach.ts'
import { eventOutput } from '../event-output.ts'
import { onInterrupt } from '../on-interrupt.ts'
import { needTerminal } from '../own-terminal.ts'
import { sayHost } from '../say-host.ts'
import { type RunOptions, sayPlace, showPlan } from '../show-plan.ts'
import { submission } from '../submission.ts'
import { sayUnknownVariables } from '../unknown-variables.ts'

const refuse = (context: Context, { mode, json, dryRun }: RunOptions): void => {
  if (mode !== undefined && mode !== 'interactive')
    throw new BerthError('usage', `-it is --mode interactive, and there is --mode ${mode} too`)
  if (dryRun) return
  if (json) throw new BerthError('usage', '-it shows a screen, and --json prints events: use one of them')
  needTerminal(context, 'run -it')
}

/** Starts a task whose agent has the user's terminal. */
export const runAttachedAction = async (
  context: Context,
  words: readonly string[],
  options: RunOptions,
): Promise<number> => {
  const keys = detachKeys(context, options.detachKeys)
  refuse(context, options)
  const asked = await submission(context, words, { ...options, mode: 'interactive' })
  sayUnknownVariables(context)
  if (options.dryRun) return await showPlan(context, asked, options.json ?? false)
  const api = client(context)
  const task = await api.ask('submit', { body: asked.body })
  sayPlace(context, asked.place)
  sayHost(context, task)
  detachWhenUnread(context, task.id)
  const output = eventOutput(context, { id: task.id, model: task.provider.model })
  const detached = new AbortController()
  const off = onInterrupt(
    output,
    () => api.ask('stop', { id: task.id, body: {} }),
    () => detached.abort(),
  )
  const view = { readOnly: false, take: false, begun: true, query: {} }
  try {
    return await attachedTask(context, { ...view, task, keys, output, opened: off, signal: detached.signal })
  } catch (error) {
    if (!detached.signal.aborted) throw error
    context.stderr.write(`berth: detached; the task is stopping. Follow it with \`berth log -f ${task.id}\`\n`)
    return EXIT.stopped
  }
}
