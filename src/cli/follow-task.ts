import { client, type EventQuery } from '../client/client.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { TaskRecord } from '../domain/task.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import { closing } from '../views/closing.ts'
import type { Context } from './context.ts'
import type { EventOutput } from './event-output.ts'

type Options = {
  readonly task: Pick<TaskRecord, 'id' | 'repository' | 'provider'>
  /** Number of the last event that is not shown. */
  readonly after: number
  /** Which other events are not asked for. */
  readonly query?: Partial<EventQuery>
  readonly output: Pick<EventOutput, 'take' | 'close'>
  readonly json?: boolean
  readonly quiet?: boolean
  readonly signal?: AbortSignal
}

const failed = ({ result, class: kind, reason }: Outcome) =>
  `berth: ${result}${result === 'failed' ? ` (${kind})` : ''}: ${terminalLine(reason)}\n`

/** Shows a task's events to its end, then what came of it and what to type next; null where no turn ended. */
export const followTask = async (context: Context, options: Options): Promise<Outcome | null> => {
  const { task, after, query, output, json, quiet, signal } = options
  const end = closing(task, context.cwd)
  let outcome: Outcome | null = null
  try {
    for await (const event of client(context).events(task.id, { ...query, after, follow: true }, signal)) {
      if (event.type === 'turn.ended') outcome = event.outcome
      end.take(event)
      await output.take(event)
    }
  } finally {
    output.close()
  }
  if (json || outcome === null) return outcome
  const lines = quiet ? [] : end.lines(outcome)
  if (quiet && outcome.result !== 'done') context.stderr.write(failed(outcome))
  for (const line of lines) context.stderr.write(`${line}\n`)
  return outcome
}
