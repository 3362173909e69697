import { existsSync } from 'node:fs'
import type * as z from 'zod'
import type { AuthAnswer, PlanAnswer, PruneAnswer, QueueAnswer, RebuildAnswer, WorkAnswer } from '../api/answers.ts'
import type { authBody, forkBody, pruneBody, pushBody, resumeBody, sendBody, submitBody } from '../api/bodies.ts'
import { allow } from '../domain/allow.ts'
import type { Caller } from '../domain/caller.ts'
import type { ContainerReport } from '../domain/container-report.ts'
import { FINAL, type ListedTask, type TaskRecord, type TaskStatus } from '../domain/task.ts'
import { taskPaths } from '../domain/task-paths.ts'
import { explainPlan } from '../plan/explain.ts'
import type { TaskFilter } from '../store/store.ts'
import { type UsageRow, usageReport } from '../views/usage-report.ts'
import type { Deps } from './deps.ts'
import { unknownProvider } from './planning/choose-provider.ts'
import type { Tasks } from './schedule/tasks.ts'
import { checkJournal } from './task/check-journal.ts'
import { usedTasks } from './task/keep-usage.ts'
import { rawOutput } from './task/outputs.ts'
import { project, recordFrom } from './task/project.ts'
import { resolveId } from './task/resolve-id.ts'
import { taskCosts } from './task/task-costs.ts'
import { givenFiles } from './task/turn-files.ts'
import { askedPrompt, queuedPrompts } from './task/turn-prompts.ts'
import { workOf } from './task/work-of.ts'
import { archiveTask, unarchiveTask } from './verbs/archive-task.ts'
import { authStatus } from './verbs/auth-status.ts'
import { containerReport } from './verbs/container-report.ts'
import { type DiffAsked, diffTask } from './verbs/diff-task.ts'
import { execTask } from './verbs/exec-task.ts'
import { forkTask } from './verbs/fork-task.ts'
import { listProviders } from './verbs/list-providers.ts'
import { prune } from './verbs/prune.ts'
import { pushTask } from './verbs/push-task.ts'
import { resumeTask, sendTurn } from './verbs/queue-turn.ts'
import { editTurn, withdrawTurn } from './verbs/queued-turns.ts'
import { removeTask } from './verbs/remove-task.ts'
import { planTask, submit } from './verbs/submit.ts'
import { taskChanges } from './verbs/task-changes.ts'
import { type EventsAsked, taskEvents } from './verbs/task-events.ts'

type Submit = z.output<typeof submitBody>

/** What a task has to itself where it is named for it alone, and not in a profile or the file. */
const OWN = ['label', 'volume', 'memory', 'cpus', 'pids', 'name', 'user']

/** Every verb once, for the API, the library and whatever comes after them. */
export const useCases = (deps: Deps, tasks: Tasks) => {
  const journalOf = (task: string) => taskPaths(tasks.folderOf(task)).journal
  const isTask = (text: string) => /^t-[0-9a-z]+$/.test(text) && existsSync(journalOf(text))
  const id = (text: string) => {
    try {
      return resolveId(deps.store, text)
    } catch (error) {
      // A task whose journal is damaged has no row after a rebuild, and is there all the same.
      if (isTask(text)) recordFrom(deps.store.reader, journalOf(text))
      throw error
    }
  }
  const recordOf = (text: string): TaskRecord => {
    const found = id(text)
    return tasks.live(found)?.record ?? (deps.store.get(found)?.record as TaskRecord)
  }
  const requestOf = (body: Pick<Submit, 'settings' | 'profile' | 'prompt' | 'caller'>) =>
    deps.config.request({
      settings: body.settings,
      profile: body.profile,
      prompt: body.prompt,
      env: body.caller.env,
      cwd: body.caller.cwd,
    })

  return {
    async submit(body: Submit, signal: AbortSignal): Promise<TaskRecord> {
      const task = body.id ?? deps.clock.newId()
      const known = deps.store.submitted(task)
      if (known !== undefined) return recordOf(known.id)
      return await submit({
        deps,
        tasks,
        task,
        own: OWN.some((key) => key in body.settings),
        ...(await requestOf(body)),
        caller: body.caller,
        files: givenFiles(body.files),
        signal,
      })
    },
    async authStatus(body: z.output<typeof authBody>, signal: AbortSignal): Promise<AuthAnswer> {
      const { request } = await requestOf({ ...body, prompt: '' })
      const { agents, check, caller } = body
      return await authStatus({ deps, request, agents, check, caller, signal })
    },
    async plan(body: Submit, signal: AbortSignal): Promise<PlanAnswer> {
      const { plan } = await planTask({
        deps,
        ...(await requestOf(body)),
        caller: body.caller,
        task: deps.clock.newId(),
        files: givenFiles(body.files),
        signal,
      })
      return { plan, text: explainPlan(plan) }
    },
    providers: (caller: Caller) => listProviders(deps, caller),
    usage: (by: readonly string[], since: string | undefined): readonly UsageRow[] =>
      usageReport(usedTasks(deps), { by, prices: deps.config.prices(), ...(since === undefined ? {} : { since }) }),
    list(filter: TaskFilter): readonly ListedTask[] {
      const found = deps.store.list(filter)
      // One that was configured once may have tasks still.
      const known = (agent: string) => deps.config.providers.has(agent) || deps.config.agents().has(agent)
      if (found.length === 0 && filter.provider !== undefined && !known(filter.provider))
        throw unknownProvider(deps, filter.provider, [...deps.config.agents().keys()])
      const cost = taskCosts(deps)
      return found.map((record) => ({ ...record, cost: cost(record) }))
    },
    /** A line whenever `list` has another answer. */
    changes: (signal: AbortSignal): AsyncGenerator<Buffer> => taskChanges(tasks, signal),
    task: recordOf,
    /** The record, where its journal can be read, and its place in the queue. */
    status(text: string): TaskStatus {
      const record = recordOf(text)
      if (tasks.live(record.id) === undefined && isTask(record.id)) checkJournal(deps, journalOf(record.id))
      const journal = tasks.live(record.id)?.journal ?? deps.store.reader(journalOf(record.id))
      const prompt = askedPrompt({ journal }, record.turns.at(-1)?.turn ?? 0)
      return { ...record, prompt, cost: taskCosts(deps)(record), position: tasks.position(record.id) }
    },
    container: (text: string, signal: AbortSignal): Promise<ContainerReport> => {
      const record = recordOf(text)
      return containerReport({ deps, record, journal: deps.store.reader(journalOf(record.id)), signal })
    },
    rebuild(): RebuildAnswer {
      const { made, damaged } = project(deps, { all: true })
      return { made, damaged }
    },
    /** Lines of the journal. */
    events: (text: string, asked: EventsAsked, signal: AbortSignal): AsyncGenerator<Buffer> =>
      taskEvents({ deps, tasks, id: id(text), asked, signal }),
    *output(text: string, turn: string | undefined): Generator<Buffer> {
      const task = recordOf(text)
      for (const one of task.turns) {
        if (turn !== undefined && String(one.turn) !== turn) continue
        yield* rawOutput(taskPaths(tasks.folderOf(task.id)).raw(one))
      }
    },
    diff: (text: string, asked: DiffAsked, signal: AbortSignal) =>
      diffTask({ deps, tasks, record: recordOf(text), asked, signal }),
    async send(text: string, body: z.output<typeof sendBody>, signal: AbortSignal): Promise<TaskRecord> {
      return await sendTurn({ deps, tasks, id: id(text), ...body, files: givenFiles(body.files), signal })
    },
    work(text: string, branch: string | undefined): WorkAnswer {
      const record = recordOf(text)
      const journal = tasks.live(record.id)?.journal ?? deps.store.reader(journalOf(record.id))
      return workOf(record, { folder: tasks.folderOf(record.id), journal }, branch)
    },
    async fork(text: string, body: z.output<typeof forkBody>, signal: AbortSignal): Promise<TaskRecord> {
      const task = body.id ?? deps.clock.newId()
      if (deps.store.get(task) !== undefined) return recordOf(task)
      const { turn, prompt, name, title, newSession, caller, env } = body
      const asked = { turn, prompt, name, title, newSession, env, files: givenFiles(body.files), caller }
      return await forkTask({ deps, tasks, id: id(text), task, ...asked, signal })
    },
    queue(text: string): QueueAnswer {
      const record = recordOf(text)
      return { id: record.id, turns: queuedPrompts({ record, journal: deps.store.reader(journalOf(record.id)) }) }
    },
    edit: (text: string, turn: number, prompt: string, signal: AbortSignal) =>
      editTurn({ deps, tasks, id: id(text), turn, prompt, signal }),
    withdraw: (text: string, turn: number) => withdrawTurn({ tasks, id: id(text), turn }),
    async resume(text: string, body: z.output<typeof resumeBody>, signal: AbortSignal): Promise<TaskRecord> {
      return await resumeTask({ deps, tasks, id: id(text), ...body, signal })
    },
    async stop(text: string, now: boolean): Promise<TaskRecord> {
      const task = recordOf(text)
      if (!FINAL.has(task.state)) await tasks.stop(task.id, { by: 'user', reason: 'stopped by the user' }, now)
      // Of a task that is over a container may be left, which waits for a further prompt.
      else if (task.kept != null) await tasks.settled(task.id).then(() => tasks.letGo(task.id))
      return recordOf(task.id)
    },
    exec: (text: string, signal: AbortSignal) => execTask({ deps, tasks, record: recordOf(text), signal }),
    async push(text: string, body: z.output<typeof pushBody>): Promise<TaskRecord> {
      return await pushTask({ deps, tasks, id: id(text), caller: body.caller, to: body.to })
    },
    archive: (text: string, force: boolean) => archiveTask({ deps, tasks, id: id(text), force }),
    unarchive: (text: string) => unarchiveTask({ deps, tasks, id: id(text) }),
    async prune({ olderThanMs, maxBytes, states, labels, ...rest }: z.output<typeof pruneBody>): Promise<PruneAnswer> {
      const limits = { olderThanMs: olderThanMs ?? null, maxBytes: maxBytes ?? null }
      return await prune({ deps, tasks, ...rest, states, labels, ...limits })
    },
    async remove(text: string, force: boolean): Promise<{ readonly id: string }> {
      // A damaged journal may have left no row, and its task can be removed all the same.
      if (isTask(text) && deps.store.get(text) === undefined) {
        await removeTask({ deps, tasks, id: text, force })
        tasks.changedRecord()
        return { id: text }
      }
      const task = recordOf(text)
      if (!force) allow(task, 'rm')
      if (!FINAL.has(task.state)) await tasks.stop(task.id, { by: 'user', reason: 'removed by the user' }, true)
      await removeTask({ deps, tasks, id: task.id, force })
      tasks.changedRecord()
      return { id: task.id }
    },
    /** Gives tasks that were taken over the key they need, where this caller has it. */
    bringWorld(caller: Caller): void {
      for (const task of tasks.running()) tasks.bringWorld(task, caller)
    },
  }
}

export type UseCases = ReturnType<typeof useCases>
