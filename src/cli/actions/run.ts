import { client } from '../../client/client.ts'
import { EXIT } from '../../domain/errors.ts'
import { exitName } from '../../domain/outcome.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { Context } from '../context.ts'
import { detachWhenUnread } from '../detach.ts'
import { type EventOutput, eventOutput } from '../event-output.ts'
import { followTask } from '../follow-task.ts'
import { sayHost } from '../say-host.ts'
import { submission } from '../submission.ts'
import { sayUnknownVariables } from '../unknown-variables.ts'

export type RunOptions = { readonly json?: boolean; readonly quiet?: boolean; readonly dryRun?: boolean } & Readonly<
  Record<string, unknown>
>

const sayPlace = (context: Context, place: string | null): void => {
  if (place !== null) context.stderr.write(`${place}\n`)
}

const dryRun = async (context: Context, { body, place }: Awaited<ReturnType<typeof submission>>, json: boolean) => {
  const answer = await client(context).ask('plan', { body })
  sayPlace(context, place)
  context.stdout.write(json ? `${JSON.stringify(answer.plan)}\n` : answer.text)
  return 0
}

/** The first interrupt stops the task, a second one leaves it to the supervisor. */
const onInterrupt = (output: EventOutput, stop: () => Promise<unknown>, detach: () => void) => {
  let asked = false
  const listener = () => {
    if (asked) return detach()
    asked = true
    output.note('\nberth: stopping the task (press Ctrl-C again to detach)\n')
    stop().catch(() => {})
  }
  process.on('SIGINT', listener)
  process.on('SIGTERM', listener)
}

export const runAction = async (context: Context, words: readonly string[], options: RunOptions): Promise<number> => {
  const asked = await submission(context, words, options)
  sayUnknownVariables(context)
  const { json = false, quiet = false } = options
  if (options.dryRun) return await dryRun(context, asked, json)
  const api = client(context)
  const record = await api.ask('submit', { body: asked.body })
  sayPlace(context, asked.place)
  sayHost(context, record)
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
  if (options.dryRun) return await dryRun(context, asked, options.json ?? false)
  const record = await client(context).ask('submit', { body: asked.body })
  sayPlace(context, asked.place)
  sayHost(context, record)
  for (const warning of record.warnings) context.stderr.write(`berth: warning: ${terminalLine(warning)}\n`)
  context.stdout.write(options.json ? `${JSON.stringify(record)}\n` : `${record.id}\n`)
  return 0
}
