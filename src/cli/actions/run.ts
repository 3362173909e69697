import { client } from '../../client/client.ts'
import { EXIT } from '../../domain/errors.ts'
import { exitName } from '../../domain/outcome.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { Context } from '../context.ts'
import { detachWhenUnread } from '../detach.ts'
import { eventOutput } from '../event-output.ts'
import { followTask } from '../follow-task.ts'
import { hasTerminal } from '../held-terminal.ts'
import { onInterrupt } from '../on-interrupt.ts'
import { sayHost } from '../say-host.ts'
import { type RunOptions, sayPlace, showPlan } from '../show-plan.ts'
import { submission } from '../submission.ts'
import { sayUnknownVariables } from '../unknown-variables.ts'

/** Whether the agent's screen comes here: asked by -it, or by the mode where a person is there. */
const attaches = (context: Context, { interactive, tty, mode, json, dryRun }: RunOptions): boolean =>
  interactive || tty || (mode === 'interactive' && !json && !dryRun && hasTerminal(context))

export const runAction = async (context: Context, words: readonly string[], options: RunOptions): Promise<number> => {
  const { json = false, quiet = false } = options
  if (attaches(context, options)) {
    const { runAttachedAction } = await import('./run-attached.ts')
    return await runAttachedAction(context, words, options)
  }
  const asked = await submission(context, words, options)
  sayUnknownVariables(context)
  if (options.dryRun) return await showPlan(context, asked, json)
  const api = client(context)
  const record = await api.ask('submit', { body: asked.body })
  sayPlace(context, asked.place)
  sayHost(context, record)
  // Its agent may wait for a person.
  if (record.mode === 'interactive' && !json)
    context.stderr.write(`berth: the agent works at its own terminal: \`berth attach ${record.id}\`\n`)
  detachWhenUnread(context, record.id)
  const detached = new AbortController()
  const output = eventOutput(context, { id: record.id, json, quiet, model: record.provider.model })
  onInterrupt(
    output,
    () => api.ask('stop', { id: record.id, body: {} }),
    () => detached.abort(),
  )
  try {
    const outcome = await followTask(context, {
      task: record,
      after: 0,
      output,
      json,
      quiet,
      signal: detached.signal,
    })
    return outcome === null ? EXIT.internal : EXIT[exitName(outcome)]
  } catch (error) {
    if (!detached.signal.aborted) throw error
    context.stderr.write(`berth: detached; the task is stopping. Follow it with \`berth log -f ${record.id}\`\n`)
    return EXIT.stopped
  }
}

export const startAction = async (context: Context, words: readonly string[], options: RunOptions): Promise<number> => {
  const asked = await submission(context, words, options)
  sayUnknownVariables(context)
  if (options.dryRun) return await showPlan(context, asked, options.json ?? false)
  const record = await client(context).ask('submit', { body: asked.body })
  sayPlace(context, asked.place)
  sayHost(context, record)
  for (const warning of record.warnings) context.stderr.write(`berth: warning: ${terminalLine(warning)}\n`)
  context.stdout.write(options.json ? `${JSON.stringify(record)}\n` : `${record.id}\n`)
  return 0
}
