import { BerthError } from '../../domain/errors.ts'
import type { Event } from '../../domain/event.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { parseDuration } from '../../std/duration.ts'
import { containerLine } from '../../views/container-lines.ts'
import { client } from '../client.ts'
import type { Context } from '../context.ts'
import { eventPrinter } from '../printer.ts'
import { writeTo } from '../write.ts'

export type LogOptions = {
  follow?: boolean
  json?: boolean
  raw?: boolean
  container?: boolean
  turn?: string
  tail?: string
  since?: string
}

const count = (flag: string, text: string | undefined): number | null => {
  if (text === undefined) return null
  if (!/^\d+$/.test(text)) throw new BerthError('usage', `${flag} ${text}: not a count`)
  return Number(text)
}

const sinceTime = (text: string | undefined): string => {
  if (text === undefined) return ''
  const duration = parseDuration(text)
  if (!duration.ok) throw new BerthError('usage', `--since: ${duration.error}`)
  return new Date(Date.now() - duration.value).toISOString()
}

/** One task's events, the asked ones. `named`: the lines name it. */
const logOne = async (context: Context, id: string, options: LogOptions, named: boolean): Promise<void> => {
  const api = client(context)
  const turn = count('--turn', options.turn)
  const tail = count('--tail', options.tail)
  const since = sinceTime(options.since)
  const print = eventPrinter(context, options.json ?? false, {
    task: named ? id : null,
    container: options.container ?? false,
  })
  const wanted = (event: Event) =>
    event.at >= since &&
    (turn === null || ('turn' in event && event.turn === turn)) &&
    (!options.container || containerLine(event) !== null)
  let after = 0
  if (tail !== null) {
    const last: Event[] = []
    for await (const event of api.events(id, { after: 0, follow: false })) {
      after = event.seq
      if (!wanted(event)) continue
      last.push(event)
      if (last.length > tail) last.shift()
    }
    for (const event of last) await print(event)
    if (!options.follow) return
  }
  for await (const event of api.events(id, { after, follow: options.follow ?? false }))
    if (wanted(event)) await print(event)
}

export const logAction = async (context: Context, ids: readonly string[], options: LogOptions): Promise<number> => {
  const api = client(context)
  const [id = ''] = ids
  if (options.raw) {
    if (ids.length > 1) throw new BerthError('usage', '--raw: the bytes of one task alone')
    const turn = count('--turn', options.turn)
    for await (const chunk of await api.stream(
      `/v1/tasks/${encodeURIComponent(id)}/output${turn === null ? '' : `?turn=${turn}`}`,
    ))
      await writeTo(context.stdout, chunk)
    return 0
  }
  if (ids.length === 1) {
    await logOne(context, id, options, false)
    return 0
  }
  const found = await Promise.all(ids.map((one) => api.json<TaskRecord>('GET', `/v1/tasks/${encodeURIComponent(one)}`)))
  const tasks = [...new Set(found.map((record) => record.id))]
  // Told as it happens; what is over is told task by task.
  if (options.follow) await Promise.all(tasks.map((one) => logOne(context, one, options, true)))
  else for (const one of tasks) await logOne(context, one, options, true)
  return 0
}
