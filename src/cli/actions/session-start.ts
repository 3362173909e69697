import { resolve } from 'node:path'
import type { SessionsAnswer } from '../../api/answers.ts'
import { callerContextOf } from '../../client/caller-context.ts'
import { client } from '../../client/client.ts'
import { namedVariables } from '../../client/named-variables.ts'
import { EXIT } from '../../domain/errors.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { Session } from '../../sessions/read-manifest.ts'
import { newId } from '../../std/id.ts'
import { table } from '../../std/table.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { Context } from '../context.ts'
import { type ManifestOptions, readSessions } from '../read-sessions.ts'
import { sessionReport } from '../session-report.ts'
import { terminalWidth } from '../terminal.ts'
import { firstExit, timeoutOf, waitFor } from '../wait-for.ts'

export type StartOptions = ManifestOptions & {
  readonly dryRun?: boolean
  readonly wait?: boolean
  readonly timeout?: string
  readonly output?: string
}

type Started = SessionsAnswer['sessions'][number]
type Pair = { readonly session: Session; readonly started: Started }

const bodyOf = async (
  context: Context,
  { name, sessions }: { readonly name: string; readonly sessions: readonly Session[] },
  { dryRun = false, output }: StartOptions,
) => {
  const named = await namedVariables(
    context,
    sessions.flatMap(({ settings }) => (settings['env'] ?? []) as readonly string[]),
  )
  const profile = context.env['BERTH_PROFILE']
  return {
    manifest: name,
    rows: sessions.map((session) => ({
      session: session.id,
      row: session.row,
      id: newId('t'),
      prompt: session.prompt,
      settings: session.settings,
      after: session.after,
      ...(session.afterFailed === null ? {} : { afterFailed: session.afterFailed }),
    })),
    ...(profile ? { profile } : {}),
    ...(output === undefined ? {} : { output: resolve(context.cwd, output) }),
    dryRun,
    caller: callerContextOf(context, named),
  }
}

const RESULTS: Readonly<Record<Started['result'], string>> = {
  created: 'started',
  unchanged: 'unchanged',
  failed: 'failed',
  planned: 'would start',
}

const printTable = (context: Context, pairs: readonly Pair[]): void => {
  const rows = pairs.map(({ session: { id, role }, started: { task, result } }) =>
    [id, role ?? '-', task?.id ?? '-', task?.state ?? '-', RESULTS[result]].map(terminalLine),
  )
  const columns = ['SESSION', 'ROLE', 'TASK', 'STATE', 'RESULT'].map((title) => ({ title }))
  const width = terminalWidth(context)
  context.stdout.write(`${table(columns, rows, width === undefined ? {} : { width }).join('\n')}\n`)
}

/** Warnings, and why a task could not be created: on stderr, each with its session. */
const sayProblems = ({ stderr }: Context, pairs: readonly Pair[]): void => {
  for (const { started } of pairs) {
    const say = (text: string) =>
      stderr.write(`berth: ${terminalLine(`session ${started.row} (${started.session}): ${text}`)}\n`)
    for (const warning of started.warnings) say(`warning: ${warning}`)
    if (started.problem === null) continue
    say(started.problem.message)
    if (started.problem.hint !== '') stderr.write(`  ${terminalLine(started.problem.hint)}\n`)
  }
}

const jsonOf = (context: Context, pairs: readonly Pair[], ends: ReadonlyMap<string, TaskRecord>) => ({
  sessions: pairs.map(({ session, started: { task, result, warnings, problem } }) => ({
    ...sessionReport(context, session, task === null ? undefined : (ends.get(task.id) ?? task)),
    ...{ result, warnings, problem },
  })),
})

/** Starts the sessions of a manifest, and with --wait waits until their tasks are over. */
export const sessionStartAction = async (context: Context, options: StartOptions): Promise<number> => {
  const { wait = false, json = false, timeout } = options
  // Before anything is started.
  timeoutOf(timeout)
  const manifest = readSessions(context, options)
  const answer = await client(context).ask('startSessions', { body: await bodyOf(context, manifest, options) })
  const pairs = manifest.sessions.flatMap((session) =>
    answer.sessions.flatMap((started) => (started.session === session.id ? [{ session, started }] : [])),
  )
  if (!json) {
    printTable(context, pairs)
    sayProblems(context, pairs)
  }
  const tasks = pairs.flatMap(({ started: { task } }) => task ?? [])
  const ends = wait ? await waitFor(context, tasks, { any: false, timeout }) : []
  if (json)
    context.stdout.write(`${JSON.stringify(jsonOf(context, pairs, new Map(ends.map((end) => [end.id, end]))))}\n`)
  else for (const { id, state } of ends) context.stdout.write(`${id} ${state}\n`)
  const isStarted = pairs.every(({ started }) => started.result !== 'failed')
  return isStarted && firstExit(ends) === EXIT.done ? EXIT.done : EXIT.failed
}
