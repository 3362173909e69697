import { client } from '../client/client.ts'
import { LABEL } from '../domain/container-spec.ts'
import { questionOf } from '../domain/question.ts'
import type { TaskRecord } from '../domain/task.ts'
import { taskFolders, taskPaths } from '../domain/task-paths.ts'
import { type WorkPlace, workBranch, workPlaces } from '../domain/work-branch.ts'
import type { Session } from '../sessions/read-manifest.ts'
import type { Context } from './context.ts'

/** A session as `berth session status --json` has it; without a task all that is of the task is null. */
type SessionReport = {
  readonly id: string
  readonly role: string | null
  readonly owner: string | null
  readonly task: string | null
  readonly state: TaskRecord['state'] | null
  /** The branch that has its work, or will have it. */
  readonly branch: string | null
  /** The same of each repository, the main one first. */
  readonly repositories: readonly WorkPlace[] | null
  /** The id of its container, while there is one. */
  readonly container: string | null
  readonly workspace: string | null
  /** The path of the task's journal. */
  readonly log: string | null
  /** What the task asks a person for. */
  readonly question: string | null
}

const NO_TASK = {
  ...{ task: null, state: null, branch: null, repositories: null, container: null },
  ...{ workspace: null, log: null, question: null },
} as const

export const sessionReport = (
  { paths }: Pick<Context, 'paths'>,
  { id, role, owner }: Pick<Session, 'id' | 'role' | 'owner'>,
  record: TaskRecord | undefined,
): SessionReport => {
  if (record === undefined) return { id, role, owner, ...NO_TASK }
  const { state, container, workspace, emptied } = record
  return {
    ...{ id, role, owner, task: record.id, state },
    branch: workBranch(record),
    repositories: workPlaces(record),
    container: container === null || container.state === 'removed' ? null : container.id,
    workspace: emptied ? null : workspace,
    log: taskPaths(taskFolders(paths, record.id).task).journal,
    question: questionOf(record),
  }
}

/** The tasks of a manifest by the ids of their sessions; of several the newest. */
export const sessionTasks = async (context: Context, manifest: string): Promise<ReadonlyMap<string, TaskRecord>> => {
  const query = { all: 'true', label: [`${LABEL.manifest}=${manifest}`] }
  const { tasks } = await client(context).ask('list', { query })
  return new Map(tasks.toReversed().map((task) => [task.labels[LABEL.session] ?? '', task]))
}
