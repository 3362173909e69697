import type { Event } from '../domain/event.ts'
import { containerLine } from '../views/container-lines.ts'
import { transcript } from '../views/transcript.ts'
import type { Context } from './context.ts'
import { terminalStyle } from './terminal.ts'

type Options = {
  readonly task?: string | null
  readonly id?: string | undefined
  readonly name?: string | undefined
  readonly container?: boolean
  readonly timestamps?: boolean
}

/**
 * What is printed of an event: a JSON line, or the transcript a person reads, or what befell the containers. `task`: named
 * in each line, of several tasks; `name`: what a person reads in its place; `id`: the one task; `timestamps`: each line
 * begins with the time of its event.
 */
export const eventText = (
  context: Context,
  json: boolean,
  {
    task = null,
    name = task ?? undefined,
    id = task ?? undefined,
    container = false,
    timestamps = false,
  }: Options = {},
): ((event: Event) => string) => {
  const named = task === null ? {} : { taskId: task }
  if (json) return (event) => `${JSON.stringify({ ...named, ...event })}\n`
  const prefix = task === null ? '' : `${terminalStyle(context)('dim', `${name} |`)} `
  const view = container
    ? (event: Event) => [containerLine(event) ?? []].flat()
    : transcript({ style: terminalStyle(context), id })
  return (event) => {
    const lines = view(event)
    const before = timestamps ? `${prefix}${terminalStyle(context)('dim', event.at)} ` : prefix
    const all = before === '' ? lines : lines.flatMap((line) => line.split('\n')).map((line) => before + line)
    return all.length > 0 ? `${all.join('\n')}\n` : ''
  }
}
