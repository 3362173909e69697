import type * as z from 'zod'
import type { SessionsAnswer } from '../../api/answers.ts'
import type { sessionsBody } from '../../api/bodies.ts'
import { LABEL } from '../../domain/container-spec.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { errorMessage } from '../../std/error-message.ts'
import { keyedLock } from '../../std/keyed-lock.ts'
import { slots } from '../../std/slots.ts'
import { realPath } from '../planning/allowed-mounts.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { type RowContent, rowHash, rowKey } from '../task/row-hash.ts'
import { createPrepared, type Prepared, prepareTask, type Submission } from './submit.ts'

type Body = z.output<typeof sessionsBody>
type Row = Body['rows'][number]
type Started = SessionsAnswer['sessions'][number]

/** How one task is planned and created. */
type OneTask = { readonly prepareTask: typeof prepareTask; readonly createPrepared: typeof createPrepared }

type Input = {
  readonly one: OneTask
  readonly deps: Submission['deps']
  readonly tasks: Tasks
  readonly body: Body
  readonly signal: AbortSignal
}

/** A row with the task that it has, or will have. */
type Asked = {
  readonly row: Row
  readonly task: string
  readonly hash: string
  readonly known: TaskRecord | undefined
}

/** How many sessions Berth plans at once: each asks a remote and an engine. */
const PLANNED_AT_ONCE = 4

/** The error of one row, by the words that a mistake in a manifest has. */
const ofRow = ({ row, session }: Row, error: BerthError): BerthError =>
  new BerthError(error.code, `session ${row} (${session}): ${error.message}`, { hint: error.hint, cause: error })

const wrongRow = (row: Row, message: string) => ofRow(row, new BerthError('bad-request', message))

const refuseTwice = (rows: readonly Row[], key: 'session' | 'id', words: (row: Row, first: Row) => string): void => {
  for (const row of rows) {
    const first = rows.find((one) => one[key] === row[key])
    if (row[key] !== undefined && first !== undefined && first !== row) throw wrongRow(row, words(row, first))
  }
}

/** Takes away what waits for nothing, until nothing is left or all wait for each other. */
const refuseCircle = (rows: readonly Row[]): void => {
  let left = rows
  while (left.length > 0) {
    const names = new Set(left.map(({ session }) => session))
    const waiting = left.filter(({ after }) => after.some((name) => names.has(name)))
    const [first] = waiting
    if (first !== undefined && waiting.length === left.length)
      throw wrongRow(first, `it is one of sessions that wait for each other: ${[...names].join(', ')}`)
    left = waiting
  }
}

/** The tasks of a manifest by the ids of their sessions; of several the newest. */
const knownTasks = ({ deps, tasks }: Input, manifest: string): ReadonlyMap<string, TaskRecord> =>
  new Map(
    deps.store
      .list({ all: true, labels: { [LABEL.manifest]: manifest } })
      .toReversed()
      .map((stored) => [stored.labels[LABEL.session] ?? '', tasks.live(stored.id)?.record ?? stored]),
  )

const contentOf = ({ prompt, settings, after, afterFailed = 'fail' }: Row): RowContent => ({
  prompt,
  settings,
  after,
  afterFailed,
})

/** All changed rows at once, in the words of the first one's error. */
const refuseChanged = (asked: readonly Asked[]): void => {
  const changed = asked.flatMap(({ row, hash, known }) =>
    known === undefined || known.manifest?.hash === hash
      ? []
      : [ofRow(row, new BerthError('manifest-changed', `its task ${known.id} was started with other content`))],
  )
  const [first] = changed
  if (first === undefined) return
  throw new BerthError(first.code, changed.map(({ message }) => message).join('\n'))
}

/** The tasks that a row waits for: those of rows that are started with it, or that were started before. */
const afterOf = ({ row }: Asked, asked: readonly Asked[], known: ReadonlyMap<string, TaskRecord>) =>
  row.after.map((name) => {
    const task = asked.find((one) => one.row.session === name)?.task ?? known.get(name)?.id
    if (task !== undefined) return { name, task }
    throw wrongRow(row, `it waits for ${name}, which is not started: start that session, too`)
  })

type After = ReturnType<typeof afterOf>

/** A session works on a branch that its row names. */
const refuseWithoutPlace = ({ repo, branch }: Pick<TaskRequest, 'branch' | 'repo'>): void => {
  if (repo === undefined) throw new BerthError('bad-request', '--repo: a session needs a repository')
  if (branch === undefined) throw new BerthError('bad-request', '--branch: a session needs a branch')
}

const prepareRow = async (
  { one, deps, tasks, body, signal }: Input,
  { row, task, hash }: Asked,
  after: After,
): Promise<Prepared> => {
  const { caller, manifest, profile, output } = body
  const named = { ...(profile === undefined ? {} : { profile }), ...row.settings, session: row.session }
  const asked = await deps.config.request({
    settings: output === undefined ? named : { ...named, output },
    profile: undefined,
    prompt: row.prompt,
    env: caller.env,
    cwd: caller.cwd,
  })
  refuseWithoutPlace(asked.request)
  const request = {
    ...asked.request,
    manifest: { name: manifest, hash },
    ...(after.length === 0 ? {} : { after, afterFailed: row.afterFailed }),
  }
  return await one.prepareTask({
    deps,
    tasks,
    task,
    ...asked,
    request,
    caller,
    files: [],
    // Its labels are its own: no sandbox that was started ahead has them.
    own: true,
    dry: body.dryRun,
    signal,
  })
}

/** Plans all rows, or throws the first error that a row has; the others then end, too. */
const prepareAll = async (
  input: Input,
  asked: readonly Asked[],
  afters: ReadonlyMap<Asked, After>,
): Promise<ReadonlyMap<Asked, Prepared>> => {
  const enough = new AbortController()
  const signal = AbortSignal.any([input.signal, enough.signal])
  const room = slots(PLANNED_AT_ONCE)
  let failure: unknown
  const prepare = (row: Asked) =>
    room(async () => {
      signal.throwIfAborted()
      try {
        return [row, await prepareRow({ ...input, signal }, row, afters.get(row) ?? [])] as const
      } catch (error) {
        failure ??= error instanceof BerthError ? ofRow(row.row, error) : error
        enough.abort()
        throw error
      }
    })
  const ends = await Promise.allSettled(asked.map(prepare))
  input.signal.throwIfAborted()
  if (failure !== undefined) throw failure
  return new Map(ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : [])))
}

const startedRow = (
  { row }: Asked,
  prepared: Prepared | undefined,
  rest: Pick<Started, 'result'> & Partial<Started>,
): Started => ({
  session: row.session,
  row: row.row,
  task: null,
  problem: null,
  warnings: prepared === undefined ? [] : [...prepared.planned.plan.warnings, ...prepared.planned.observed.notices],
  ...rest,
})

const asBerthError = (error: unknown): BerthError =>
  error instanceof BerthError ? error : new BerthError('internal', errorMessage(error), { cause: error })

const failedRow = (asked: Asked, prepared: Prepared, { code, message, hint }: BerthError): Started =>
  startedRow(asked, prepared, { result: 'failed', problem: { code, message, hint } })

/** Creates the tasks side by side, each after those that it waits for; one that fails keeps only those back that wait for it. */
const createAll = ({ one }: Input, all: ReadonlyMap<Asked, Prepared>): ReadonlyMap<Asked, Promise<Started>> => {
  const started = new Map<Asked, Promise<Started>>()
  const start = async (asked: Asked, prepared: Prepared): Promise<Started> => {
    const needed = [...all].filter(([{ row }]) => asked.row.after.includes(row.session))
    const before = await Promise.all(needed.map(([other, plan]) => begin(other, plan)))
    const missing = before.find(({ task }) => task === null)
    try {
      if (missing !== undefined)
        throw new BerthError('not-allowed', `it waits for ${missing.session}, whose task could not be created`)
      return startedRow(asked, prepared, { result: 'created', task: await one.createPrepared(prepared) })
    } catch (error) {
      // Other rows have tasks by now: the caller must hear of them.
      return failedRow(asked, prepared, asBerthError(error))
    }
  }
  const begin = (asked: Asked, prepared: Prepared): Promise<Started> => {
    const promise = started.get(asked) ?? start(asked, prepared)
    started.set(asked, promise)
    return promise
  }
  for (const [asked, prepared] of all) void begin(asked, prepared)
  return started
}

/** The real path may be another one than the path that was given. */
const isWrittenTo = ({ output }: TaskRecord, folder: string): boolean =>
  output?.state?.startsWith(`${realPath(folder) ?? folder}/`) ?? false

const elsewhere = ({ output }: TaskRecord): string =>
  `its task was started ${output?.state === undefined ? 'without --output' : `with its state in ${output.state}`}, and stays so`

/** A row whose task is there. A start that is sent again with the same ids finds what its first try has created. */
const knownRow = (asked: Asked, known: TaskRecord, { output }: Body): Started => ({
  ...startedRow(asked, undefined, { result: asked.row.id === known.id ? 'created' : 'unchanged', task: known }),
  warnings: output === undefined || isWrittenTo(known, output) ? [] : [elsewhere(known)],
})

const startSessions = async (input: Input): Promise<SessionsAnswer> => {
  const { deps, body } = input
  const known = knownTasks(input, body.manifest)
  const key = await rowKey(deps.installation.folders.state)
  const asked = body.rows.map((row) => {
    const there = known.get(row.session)
    return { row, known: there, task: there?.id ?? row.id ?? deps.clock.newId(), hash: rowHash(key, contentOf(row)) }
  })
  refuseChanged(asked)
  const fresh = asked.filter((one) => one.known === undefined)
  const afters = new Map(fresh.map((one) => [one, afterOf(one, asked, known)]))
  const prepared = await prepareAll(input, fresh, afters)
  const created = body.dryRun ? undefined : createAll(input, prepared)
  const sessions = asked.map(
    async (row): Promise<Started> =>
      row.known === undefined
        ? ((await created?.get(row)) ?? startedRow(row, prepared.get(row), { result: 'planned' }))
        : knownRow(row, row.known, body),
  )
  return { sessions: await Promise.all(sessions) }
}

/**
 * Starts the sessions of a manifest. Berth plans all rows before it creates a task: a row that is refused is named, and
 * nothing is created. A row whose task is there with the same content is left alone; one with other content is refused.
 */
export const sessionStarts = (
  deps: Submission['deps'],
  tasks: Tasks,
  one: OneTask = { prepareTask, createPrepared },
) => {
  // Two starts of one manifest at once would not see each other's tasks.
  const alone = keyedLock()
  return async (body: Body, signal: AbortSignal): Promise<SessionsAnswer> => {
    refuseTwice(body.rows, 'session', (_, first) => `session ${first.row} has this id, too`)
    refuseTwice(body.rows, 'id', ({ id }, first) => `session ${first.row} has the task id ${id}, too`)
    refuseCircle(body.rows)
    return await alone(body.manifest, () => startSessions({ one, deps, tasks, body, signal }), signal)
  }
}
