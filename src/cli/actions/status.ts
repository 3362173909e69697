import type { ContainerReport } from '../../domain/container-report.ts'
import type { Event } from '../../domain/event.ts'
import { statusText } from '../../views/status-text.ts'
import { client } from '../client.ts'
import type { Context } from '../context.ts'
import { type Selector, select } from '../select.ts'
import { terminalStyle } from '../terminal.ts'

/** Where the time of each task's last turn went. */
const timing = async (context: Context, ids: readonly string[], options: Selector & { json?: boolean }) => {
  const { spansOf, timingText } = await import('../../views/timing.ts')
  for (const { id, turns } of await select(context, ids, options, () => true)) {
    const events: Event[] = []
    for await (const event of client(context).events(id, { after: 0, follow: false })) events.push(event)
    const turn = turns.at(-1)?.turn ?? 1
    const lines = options.json
      ? spansOf(id, events, turn).map((span) => JSON.stringify(span))
      : [timingText(id, events, turn)]
    for (const line of lines) context.stdout.write(`${line}\n`)
  }
  return 0
}

export const statusAction = async (
  context: Context,
  ids: readonly string[],
  options: Selector & { json?: boolean; verbose?: boolean; timing?: boolean },
): Promise<number> => {
  if (options.timing) return await timing(context, ids, options)
  for (const record of await select(context, ids, options, () => true)) {
    const path = `/v1/tasks/${record.id}/container`
    const more = options.verbose ? { report: await client(context).json<ContainerReport>('GET', path) } : {}
    if (options.json) context.stdout.write(`${JSON.stringify({ ...record, ...more })}\n`)
    else context.stdout.write(`${statusText(record, { style: terminalStyle(context), now: Date.now(), ...more })}\n`)
  }
  return 0
}
