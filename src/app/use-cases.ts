import type * as z from 'zod'
import type {
  AuthAnswer,
  PlanAnswer,
  PruneAnswer,
  QueueAnswer,
  RebuildAnswer,
  RulesAnswer,
  WorkAnswer,
} from '../api/answers.ts'
import type {
  authBody,
  forkBody,
  pruneBody,
  pullRequestBody,
  pushBody,
  resumeBody,
  sendBody,
  submitBody,
} from '../api/bodies.ts'
import { allow } from '../domain/allow.ts'
import type { CallerContext } from '../domain/caller-context.ts'
import type { ContainerReport } from '../domain/container-report.ts'
import type { LiveRule } from '../domain/network/live-rules.ts'
import { questionOf } from '../domain/question.ts'
import { FINAL, type ListedTask, type TaskRecord, type TaskStatus } from '../domain/task.ts'
import { taskPaths } from '../domain/task-paths.ts'
import { explainPlan } from '../plan/explain.ts'
import type { TaskFilter } from '../store/store.ts'
import { type UsageRow, usageReport } from '../views/usage-report.ts'
import type { Deps } from './deps.ts'
import { unknownProvider } from './planning/choose-provider.ts'
import { refuseAfter } from './planning/refuse-after.ts'
import type { Tasks } from './schedule/tasks.ts'
import { checkJournal } from './task/check-journal.ts'
import { rawOutput } from './task/outputs.ts'
import { project } from './task/project.ts'
import { usedTasks } from './task/record-usage.ts'
import { taskCosts } from './task/task-costs.ts'
import { givenFiles } from './task/turn-files.ts'
import { askedPrompt, queuedPrompts } from './task/turn-prompts.ts'
import { type WorkAsked, workOf } from './task/work-of.ts'
import { archiveTask, unarchiveTask } from './verbs/archive-task.ts'
import { attachTask } from './verbs/attach-task.ts'
import { authStatus } from './verbs/auth-status.ts'
import { containerReport } from './verbs/container-report.ts'
import { hostLogin } from './verbs/copy-login.ts'
import { type DiffAsked, diffTask } from './verbs/diff-task.ts'
import { execTask } from './verbs/exec-task.ts'
import { type TaskFinder, taskFinder } from './verbs/find-task.ts'
import { forkTask } from './verbs/fork-task.ts'
import { forwardTask } from './verbs/forward-task.ts'
import { listProviders } from './verbs/list-providers.ts'
import { networkRules } from './verbs/network-rules.ts'
import { ownLogins } from './verbs/own-logins.ts'
import { planTask } from './verbs/plan-task.ts'
import { prune } from './verbs/prune.ts'
import { openPullRequestOf, pullRequestStatus } from './verbs/pull-request-task.ts'
import { pushTask } from './verbs/push-task.ts'
import { resumeTask, sendTurn } from './verbs/queue-turn.ts'
import { editTurn, withdrawTurn } from './verbs/queued-turns.ts'
import { listRecordings, readRecording, recorded } from './verbs/read-recording.ts'
import { removeTask } from './verbs/remove-task.ts'
import { setLiveRules } from './verbs/set-live-rules.ts'
import { shellTask } from './verbs/shell-task.ts'
import { openSignIns } from './verbs/sign-ins.ts'
import { sessionStarts } from './verbs/start-sessions.ts'
import { submit } from './verbs/submit.ts'
import { type AuditAsked, taskAudit } from './verbs/task-audit.ts'
import { taskChanges } from './verbs/task-changes.ts'
import { type EventsAsked, taskEvents } from './verbs/task-events.ts'
import { taskResult } from './verbs/task-result.ts'

type Submit = z.output<typeof submitBody>

/** What a task has to itself where it is named for it alone, and not in a profile or the file. */
const OWN = [
  ...['label', 'session', 'role', 'owner', 'volume', 'memory', 'cpus', 'pids', 'name', 'user'],
  ...['shm-size', 'ulimit', 'gpus', 'device', 'publish', 'runtime'],
]

/** What a caller asks about new tasks and about the supervisor. */
const newTasks = (deps: Deps, tasks: Tasks, { recordOf }: TaskFinder) => {
  const settingsOf = (body: Pick<Submit, 'settings' | 'profile' | 'prompt' | 'caller'>) =>
    deps.config.request({
      settings: body.settings,
      profile: body.profile,
      prompt: body.prompt,
      env: body.caller.env,
      cwd: body.caller.cwd,
    })

  const requestOf = async (body: Submit) => {
    const { request, ...rest } = await settingsOf(body)
    const { after, afterFailed } = body
    return { ...rest, request: { ...request, after, afterFailed } }
  }

  return {
    async submit(body: Submit, signal: AbortSignal): Promise<TaskRecord> {
      const task = body.id ?? deps.clock.newId()
      const known = deps.store.submitted(task)
      if (known !== undefined) return recordOf(known.id)
      const asked = await requestOf(body)
      return await submit({
        deps,
        tasks,
        task,
        own: OWN.some((key) => key in body.settings),
        ...asked,
        ...(body.loginFromHost ? { request: await hostLogin(deps, asked.request, body.caller) } : {}),
        caller: body.caller,
        files: givenFiles(body.files),
        signal,
      })
    },
    async plan(body: Submit, signal: AbortSignal): Promise<PlanAnswer> {
      const asked = await requestOf(body)
      refuseAfter(deps, asked.request)
      const { plan: made, observed } = await planTask({
        deps,
        ...asked,
        caller: body.caller,
        task: deps.clock.newId(),
        files: givenFiles(body.files),
        dry: true,
        signal,
      })
      const plan = { ...made, warnings: [...made.warnings, ...observed.notices] }
      return { plan, text: explainPlan(plan) }
    },
    async authStatus(body: z.output<typeof authBody>, signal: AbortSignal): Promise<AuthAnswer> {
      const { request } = await settingsOf({ ...body, prompt: '' })
      const { agents, check, caller } = body
      return await authStatus({ deps, request, agents, check, caller, signal })
    },
    providers: (caller: CallerContext) => listProviders(deps, caller),
    /** Gives tasks that were taken over the key they need, where this caller has it. */
    bringCallerContext(caller: CallerContext): void {
      for (const task of tasks.running()) tasks.bringCallerContext(task, caller)
    },
  }
}

/** Removes the sandboxes that wait for a task, or says how many wait. */
const sparesGone = async ({ pool }: Tasks, dryRun: boolean): Promise<number> =>
  dryRun ? pool.counts().waiting : await pool.clear()

/** What a caller asks about all tasks. */
const allTasks = (deps: Deps, tasks: Tasks) => ({
  usage: (by: readonly string[], since: string | undefined): readonly UsageRow[] =>
    usageReport(usedTasks(deps), { by, prices: deps.config.prices(), ...(since === undefined ? {} : { since }) }),
  list(filter: TaskFilter): readonly ListedTask[] {
    const found = deps.store.list(filter)
    // One that was configured once may have tasks still.
    const known = (agent: string) => deps.config.providers.has(agent) || deps.config.agents().has(agent)
    if (found.length === 0 && filter.provider !== undefined && !known(filter.provider))
      throw unknownProvider(deps, filter.provider, [...deps.config.agents().keys()])
    const cost = taskCosts(deps)
    // The database follows the journal by a tenth of a second: a caller who knows of an event also sees it in the list.
    return found.map((stored) => {
      const record = tasks.live(stored.id)?.record ?? stored
      return { ...record, cost: cost(record) }
    })
  },
  /** A line whenever `list` has another answer. */
  changes: (signal: AbortSignal): AsyncGenerator<Buffer> => taskChanges(tasks, signal),
  rebuild(): RebuildAnswer {
    const { made, damaged } = project(deps, { all: true })
    return { made, damaged }
  },
  async prune({ olderThanMs, maxBytes, states, labels, ...rest }: z.output<typeof pruneBody>): Promise<PruneAnswer> {
    const limits = { olderThanMs: olderThanMs ?? null, maxBytes: maxBytes ?? null }
    const pruned = await prune({ deps, tasks, ...rest, states, labels, ...limits })
    return { ...pruned, sandboxes: labels === undefined ? await sparesGone(tasks, rest.dryRun) : 0 }
  },
  removeSpares: (): Promise<number> => tasks.pool.clear(),
})

/** What a caller asks about one task. */
const readTask = (deps: Deps, tasks: Tasks, { onTask, recordOf, journal, journalOf, hasJournal }: TaskFinder) => ({
  task: recordOf,
  /** The record, where its journal can be read, and its place in the queue. */
  status: onTask((record): TaskStatus => {
    if (tasks.live(record.id) === undefined && hasJournal(record.id)) checkJournal(deps, journalOf(record.id))
    const prompt = askedPrompt({ journal: journal(record) }, record.turns.at(-1)?.turn ?? 0)
    const position = tasks.position(record.id)
    return { ...record, prompt, cost: taskCosts(deps)(record), position, question: questionOf(record) }
  }),
  container: onTask(
    (record, signal: AbortSignal): Promise<ContainerReport> =>
      containerReport({ deps, record, journal: deps.store.reader(journalOf(record.id)), signal }),
  ),
  /** Lines of the journal. */
  events: onTask(
    ({ id }, asked: EventsAsked, signal: AbortSignal): AsyncGenerator<Buffer> =>
      taskEvents({ deps, tasks, id, asked, signal }),
  ),
  output: onTask(function* ({ id, turns }, turn: string | undefined): Generator<Buffer> {
    for (const one of turns) {
      if (turn !== undefined && String(one.turn) !== turn) continue
      yield* rawOutput(taskPaths(tasks.folderOf(id)).raw(one))
    }
  }),
  recordings: onTask((record) => listRecordings(recorded(tasks, record, journal(record)))),
  recording: onTask((record, turn: number) => readRecording(recorded(tasks, record, journal(record)), turn)),
  diff: onTask((record, asked: DiffAsked, signal: AbortSignal) => diffTask({ deps, tasks, record, asked, signal })),
  work: onTask(
    (record, asked: WorkAsked): WorkAnswer =>
      workOf(record, { folder: tasks.folderOf(record.id), journal: journal(record) }, asked),
  ),
  result: onTask((record, turn: number | undefined) => taskResult(record, journal(record), turn)),
  rules: onTask((record): RulesAnswer => networkRules(deps.store.reader(journalOf(record.id)), record)),
  queue: onTask(
    (record): QueueAnswer => ({
      id: record.id,
      turns: queuedPrompts({ record, journal: deps.store.reader(journalOf(record.id)) }),
    }),
  ),
  attach: onTask(({ id }, signal: AbortSignal) =>
    attachTask({ deps, tasks, record: () => recordOf(id), journal, signal }),
  ),
  shell: onTask((record, signal: AbortSignal) => shellTask({ deps, record, signal })),
  /** What it asked of its network, as lines. */
  audit: onTask(
    ({ id }, asked: AuditAsked, signal: AbortSignal): AsyncGenerator<Buffer> =>
      taskAudit({ deps, tasks, id, asked, signal }),
  ),
  exec: onTask((record, signal: AbortSignal) => execTask({ deps, tasks, record, signal })),
})

/** What a caller asks about logins, and about ports: a sign-in may wait for a browser on one. */
const signInAndPorts = (deps: Deps, { onTask }: TaskFinder) => {
  const signIns = openSignIns(deps)
  const forwardOne = onTask((record, port: number, signal: AbortSignal) => forwardTask({ deps, record, port, signal }))
  return {
    signIn: signIns.begin,
    forward: (text: string, port: number, signal: AbortSignal) =>
      signIns.has(text) ? signIns.forward(text, port, signal) : forwardOne(text, port, signal),
  }
}

/** What a caller has done with the turns and the work of one task. */
const workOnTask = (deps: Deps, tasks: Tasks, { onTask, recordOf }: TaskFinder) => ({
  send: onTask(
    ({ id }, body: z.output<typeof sendBody>, signal: AbortSignal): Promise<TaskRecord> =>
      sendTurn({ deps, tasks, id, ...body, files: givenFiles(body.files), signal }),
  ),
  async fork(text: string, body: z.output<typeof forkBody>, signal: AbortSignal): Promise<TaskRecord> {
    const task = body.id ?? deps.clock.newId()
    // A fork that is sent again: the task that it forks may be gone by now.
    if (deps.store.get(task) !== undefined) return recordOf(task)
    const { turn, prompt, name, title, newSession, caller, env } = body
    const asked = { turn, prompt, name, title, newSession, env, files: givenFiles(body.files), caller }
    return await onTask(({ id }) => forkTask({ deps, tasks, id, task, ...asked, signal }))(text)
  },
  edit: onTask(({ id }, turn: number, prompt: string, signal: AbortSignal) =>
    editTurn({ deps, tasks, id, turn, prompt, signal }),
  ),
  withdraw: onTask(({ id }, turn: number) => withdrawTurn({ tasks, id, turn })),
  resume: onTask(
    ({ id }, body: z.output<typeof resumeBody>, signal: AbortSignal): Promise<TaskRecord> =>
      resumeTask({ deps, tasks, id, ...body, signal }),
  ),
  setRules: onTask(
    ({ id }, effect: LiveRule['effect'], targets: readonly string[]): Promise<TaskRecord> =>
      setLiveRules({ deps, tasks, id, effect, targets }),
  ),
  push: onTask(
    ({ id }, { caller, to }: z.output<typeof pushBody>): Promise<TaskRecord> =>
      pushTask({ deps, tasks, id, caller, to }),
  ),
  openPullRequest: onTask(
    ({ id }, { caller, draft }: z.output<typeof pullRequestBody>): Promise<TaskRecord> =>
      openPullRequestOf({ deps, tasks, id, caller, draft }),
  ),
  pullRequest: onTask((record, caller: CallerContext, signal: AbortSignal) =>
    pullRequestStatus({ deps, record, caller, signal }),
  ),
})

/** What a caller has done with one task as a whole. */
const endTask = (deps: Deps, tasks: Tasks, { onTask, recordOf, hasJournal }: TaskFinder) => {
  type Removal = { readonly force: boolean; readonly dryRun: boolean }
  const remove = async (id: string, removal: Removal): Promise<{ readonly id: string }> => {
    await removeTask({ deps, tasks, id, ...removal })
    return { id }
  }
  const stopAndRemove = onTask(async (task, removal: Removal) => {
    const { force, dryRun } = removal
    if (!force) allow(task, 'rm')
    if (force && dryRun) return { id: task.id }
    if (!FINAL.has(task.state)) await tasks.stop(task.id, { by: 'user', reason: 'removed by the user' }, true)
    return await remove(task.id, removal)
  })
  return {
    stop: onTask(async (task, now: boolean): Promise<TaskRecord> => {
      if (!FINAL.has(task.state)) await tasks.stop(task.id, { by: 'user', reason: 'stopped by the user' }, now)
      // Of a task that is over a container may be left, which waits for a further prompt.
      else if (task.kept != null) await tasks.settled(task.id).then(() => tasks.letGo(task.id))
      return recordOf(task.id)
    }),
    archive: onTask(({ id }, force: boolean) => archiveTask({ deps, tasks, id, force })),
    unarchive: onTask(({ id }) => unarchiveTask({ deps, tasks, id })),
    // A damaged journal may have left no row, and its task can be removed all the same.
    remove: async (text: string, removal: Removal): Promise<{ readonly id: string }> =>
      hasJournal(text) && deps.store.get(text) === undefined
        ? await remove(text, removal)
        : await stopAndRemove(text, removal),
  }
}

/** Every verb once, for the API, the library and whatever comes after them. */
export const useCases = (deps: Deps, tasks: Tasks) => {
  const finder = taskFinder(deps, tasks)
  return {
    ...newTasks(deps, tasks, finder),
    startSessions: sessionStarts(deps, tasks),
    ...ownLogins(deps),
    ...allTasks(deps, tasks),
    ...readTask(deps, tasks, finder),
    ...workOnTask(deps, tasks, finder),
    ...endTask(deps, tasks, finder),
    ...signInAndPorts(deps, finder),
  }
}

export type UseCases = ReturnType<typeof useCases>
