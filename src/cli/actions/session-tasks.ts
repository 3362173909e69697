import { FINAL, type TaskRecord } from '../../domain/task.ts'
import type { Session } from '../../sessions/read-manifest.ts'
import { table } from '../../std/table.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { Context } from '../context.ts'
import { type ManifestOptions, readSessions } from '../read-sessions.ts'
import { sessionReport, sessionTasks } from '../session-report.ts'
import { terminalWidth } from '../terminal.ts'
import { type LogOptions, logAction } from './log.ts'
import { isRetried, resumeAction } from './send.ts'
import { stopTasks } from './stop.ts'

const COLUMNS = [
  ...['SESSION', 'ROLE', 'OWNER', 'TASK', 'STATE'].map((title) => ({ title })),
  ...['BRANCH', 'QUESTION'].map((title) => ({ title, flexible: true })),
]

/** Prints what became of each session of a manifest. */
export const sessionStatusAction = async (context: Context, options: ManifestOptions): Promise<number> => {
  const { name, sessions } = readSessions(context, options)
  const tasks = await sessionTasks(context, name)
  const reports = sessions.map((session) => sessionReport(context, session, tasks.get(session.id)))
  if (options.json) {
    context.stdout.write(`${JSON.stringify({ sessions: reports })}\n`)
    return 0
  }
  const rows = reports.map(({ id, role, owner, task, state, branch, question }) =>
    [id, role ?? '-', owner ?? '-', task ?? '-', state ?? 'not started', branch ?? '-', question ?? ''].map(
      terminalLine,
    ),
  )
  const width = terminalWidth(context)
  context.stdout.write(`${table(COLUMNS, rows, width === undefined ? {} : { width }).join('\n')}\n`)
  return 0
}

/** A session's task, and what the manifest sets for it. */
type Found = { readonly id: string; readonly session: string; readonly settings: Session['settings'] }

const idsOf = (found: readonly Found[]): readonly string[] => found.map(({ id }) => id)

/** The tasks of a manifest's sessions that fit, in the order of the manifest; says so if there is none. */
const fitting = async (
  context: Context,
  options: ManifestOptions,
  fits: (record: TaskRecord) => boolean,
): Promise<readonly Found[]> => {
  const { name, sessions } = readSessions(context, options)
  const tasks = await sessionTasks(context, name)
  const found = sessions.flatMap(({ id, settings }) => {
    const record = tasks.get(id)
    return record !== undefined && fits(record) ? [{ id: record.id, session: id, settings }] : []
  })
  if (found.length === 0) context.stderr.write(`berth: ${terminalLine(options.file)}: nothing to do\n`)
  return found
}

const nothing = (context: Context, { json }: ManifestOptions): number => {
  if (json) context.stdout.write(`${JSON.stringify({ tasks: [] })}\n`)
  return 0
}

export const sessionLogsAction = async (
  context: Context,
  options: ManifestOptions & Pick<LogOptions, 'follow' | 'timestamps' | 'tail'>,
): Promise<number> => {
  const found = await fitting(context, options, () => true)
  const [ids, names] = [idsOf(found), new Map(found.map(({ id, session }) => [id, session]))]
  const { follow, timestamps, tail, json } = options
  const asked = { names, ...(follow && { follow }), ...(timestamps && { timestamps }), ...(json && { json }) }
  return ids.length === 0 ? 0 : await logAction(context, ids, { ...asked, ...(tail === undefined ? {} : { tail }) })
}

export const sessionStopAction = async (
  context: Context,
  options: ManifestOptions & { readonly now?: boolean },
): Promise<number> => {
  const ids = idsOf(await fitting(context, options, ({ state, kept }) => !FINAL.has(state) || kept != null))
  const { now = false, json = false, only } = options
  return await stopTasks(context, ids, { now, json, spares: only === undefined })
}

export const sessionResumeAction = async (context: Context, options: ManifestOptions): Promise<number> => {
  const found = await fitting(context, options, isRetried)
  // Berth stores no value of a variable, and the manifest has them.
  const envs = new Map(found.map(({ id, settings }) => [id, (settings['env'] ?? []) as readonly string[]]))
  return found.length === 0
    ? nothing(context, options)
    : await resumeAction(context, idsOf(found), { json: options.json ?? false }, (id) => envs.get(id) ?? [])
}
