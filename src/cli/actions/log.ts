import { client, type EventQuery } from '../../client/client.ts'
import { BerthError } from '../../domain/errors.ts'
import type { Event } from '../../domain/event.ts'
import { eventsIn } from '../../domain/event-line.ts'
import { parseDuration } from '../../std/duration.ts'
import { terminalFilter } from '../../std/terminal-filter.ts'
import { CONTAINER_EVENTS } from '../../views/container-lines.ts'
import type { Context } from '../context.ts'
import { eventOutput } from '../event-output.ts'
import { eventText } from '../printer.ts'
import { isSelector, type Selector, select } from '../select.ts'
import { isLiveTerminal } from '../terminal.ts'
import { writeRaw } from '../terminal-gate.ts'
import { writeTo } from '../write.ts'

export type LogOptions = Selector & {
  follow?: boolean
  forever?: boolean
  json?: boolean
  raw?: boolean
  container?: boolean
  recordings?: boolean
  timestamps?: boolean
  turn?: string
  tail?: string
  since?: string
  /** What lines begin with in place of a task's id. */
  names?: ReadonlyMap<string, string>
}

const count = (flag: string, text: string | undefined): number | null => {
  if (text === undefined) return null
  if (!/^\d+$/.test(text)) throw new BerthError('usage', `${flag} ${text}: not a count`)
  return Number(text)
}

const sinceTime = (text: string | undefined): string => {
  if (text === undefined) return ''
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(time)) return new Date(time).toISOString()
  const duration = parseDuration(text)
  if (!duration.ok)
    throw new BerthError('usage', `--since ${text}: ${duration.error}; or a time, like 2026-01-31T12:00Z`)
  return new Date(Date.now() - duration.value).toISOString()
}

const logLive = async (
  context: Context,
  id: string,
  lines: AsyncIterable<Buffer>,
  text: (event: Event) => string,
): Promise<void> => {
  const output = eventOutput(context, { text })
  try {
    for await (const bytes of lines) await output.take(...eventsIn(id, bytes))
  } finally {
    output.close()
  }
}

/** Which events are asked for. */
const queryOf = ({ turn, tail, since, follow = false, forever, container }: LogOptions): EventQuery => {
  const [ofTurn, last, from] = [count('--turn', turn), count('--tail', tail), sinceTime(since)]
  return {
    after: 0,
    follow: forever ? 'forever' : follow,
    ...(last === null ? {} : { tail: last }),
    ...(from === '' ? {} : { since: from }),
    ...(ofTurn === null ? {} : { turn: ofTurn }),
    ...(container ? { types: CONTAINER_EVENTS } : {}),
  }
}

/** One task's events, the asked ones. `named`: the lines name it. */
const logOne = async (context: Context, id: string, options: LogOptions, named: boolean): Promise<void> => {
  const { json = false, container = false, timestamps = false, forever, follow = false } = options
  const text = eventText(context, json, {
    task: named ? id : null,
    name: options.names?.get(id),
    ...{ id, container, timestamps },
  })
  // As they are in the journal.
  const verbatim = json && !named
  const lines = client(context).eventLines(id, queryOf(options))
  const lives = (follow || forever) && !named && !json && !container && isLiveTerminal(context)
  if (lives) return await logLive(context, id, lines, text)
  for await (const bytes of lines) {
    const told = verbatim ? bytes : eventsIn(id, bytes).map(text).join('')
    if (told.length > 0) await writeTo(context.stdout, told)
  }
}

const printRaw = async (context: Context, id: string, turn: number | null): Promise<void> => {
  const query = turn === null ? {} : { turn: String(turn) }
  const { stdout } = context
  const chunks = await client(context).stream('output', { id, query })
  // A pipe gets each byte; a terminal would obey them.
  const filter = stdout.isTTY ? terminalFilter({ input: false }) : undefined
  for await (const chunk of chunks) await (filter ? writeRaw(stdout, filter.pass(chunk)) : writeTo(stdout, chunk))
  if (filter) await writeRaw(stdout, filter.undo())
}

export const logAction = async (context: Context, ids: readonly string[], options: LogOptions): Promise<number> => {
  // Before anything is looked up.
  queryOf(options)
  // A selector may find one task or many; its lines say which.
  const named = ids.length === 0 && isSelector(options)
  const found = await select(context, ids, options, () => true, { last: true })
  const tasks = [...new Set(found.map((record) => record.id))]
  const [id = ''] = tasks
  if (options.recordings) {
    const { logRecordings } = await import('./log-recordings.ts')
    return await logRecordings(context, tasks, { json: options.json ?? false, turn: count('--turn', options.turn) })
  }
  if (options.raw) {
    if (tasks.length > 1) throw new BerthError('usage', '--raw works with one task at a time')
    await printRaw(context, id, count('--turn', options.turn))
    return 0
  }
  if (!named && tasks.length === 1 && ids.length < 2) {
    await logOne(context, id, options, false)
    return 0
  }
  // Told as it happens; what is over is told task by task.
  const many = named || tasks.length > 1
  if (options.follow || options.forever) await Promise.all(tasks.map((one) => logOne(context, one, options, many)))
  else for (const one of tasks) await logOne(context, one, options, many)
  return 0
}
