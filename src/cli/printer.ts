import type { Event } from '../domain/event.ts'
import { transcript } from '../views/transcript.ts'
import type { Context } from './context.ts'
import { terminalStyle } from './terminal.ts'
import { writeTo } from './write.ts'

/** Prints events to stdout: JSON lines, or the transcript a person reads. */
export const eventPrinter = (context: Context, json: boolean): ((event: Event) => Promise<void>) => {
  if (json) return (event) => writeTo(context.stdout, `${JSON.stringify(event)}\n`)
  const view = transcript({ style: terminalStyle(context) })
  return async (event) => {
    const lines = view(event)
    if (lines.length > 0) await writeTo(context.stdout, `${lines.join('\n')}\n`)
  }
}
