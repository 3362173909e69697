import type { Event } from '../domain/event.ts'
import { containerLine } from '../views/container-lines.ts'
import { transcript } from '../views/transcript.ts'
import type { Context } from './context.ts'
import { terminalStyle } from './terminal.ts'
import { writeTo } from './write.ts'

/**
 * Prints events to stdout: JSON lines, or the transcript a person reads, or what befell the containers. `task`: named in
 * each line, of several tasks.
 */
export const eventPrinter = (
  context: Context,
  json: boolean,
  { task = null, container = false }: { readonly task?: string | null; readonly container?: boolean } = {},
): ((event: Event) => Promise<void>) => {
  const named = task === null ? {} : { taskId: task }
  if (json) return (event) => writeTo(context.stdout, `${JSON.stringify({ ...named, ...event })}\n`)
  const prefix = task === null ? '' : `${terminalStyle(context)('dim', `${task} |`)} `
  const view = container
    ? (event: Event) => [containerLine(event) ?? []].flat()
    : transcript({ style: terminalStyle(context) })
  return async (event) => {
    const lines = view(event)
    const all = prefix === '' ? lines : lines.flatMap((line) => line.split('\n')).map((line) => prefix + line)
    if (all.length > 0) await writeTo(context.stdout, `${all.join('\n')}\n`)
  }
}
