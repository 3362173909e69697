import { readdirSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Event } from '../../domain/event.ts'
import type { State, TaskRecord } from '../../domain/task.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { Plan } from '../../plan/plan.ts'
import { replaceFile } from '../../std/replace-file.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'

/** Events beside those of a state that change what a script asks a record for. */
const TOLD: ReadonlySet<string> = new Set([
  'turn.queued',
  'turn.planned',
  'turn.held',
  'turn.released',
  'container.created',
  'container.started',
  'container.removed',
  'agent.session',
  'work.kept',
  'work.pushed',
  'push.failed',
  'task.archived',
  'task.unarchived',
  'engine.lost',
  'engine.back',
])

/** True if one of the events changes what a script asks a record for. */
export const isTold = (events: readonly Event[]): boolean => events.some(({ type }) => TOLD.has(type))

const text = (value: object) => `${JSON.stringify(value, null, 2)}\n`

/**
 * task.json and plan.json beside the journal, for scripts: current at each change of state before anyone is told of it.
 * The journal is the truth: what cannot be written here holds nothing up.
 */
export const saveSnapshot = (input: {
  readonly folder: string
  readonly record: TaskRecord
  readonly before: State | undefined
  readonly events: readonly Event[]
}): void => {
  const { folder, record, before, events } = input
  const paths = taskPaths(folder)
  try {
    for (const event of events) if (event.type === 'turn.planned') replaceFile(paths.plan, text(event.plan))
    if (record.state !== before || isTold(events)) replaceFile(paths.record, text(record))
  } catch {}
}

/** Both at the end of a turn, so that not even the loss of the machine takes them. */
export const writeSnapshot = async (
  { folder, record }: { readonly folder: string; readonly record: TaskRecord },
  plan: Plan,
): Promise<void> => {
  const paths = taskPaths(folder)
  await writeFileDurably(paths.plan, text(plan))
  await writeFileDurably(paths.record, text(record))
}

/** The plan of plan.json, for a task whose journal cannot be read; null where the file is missing or damaged. */
export const snapshotPlan = async (folder: string): Promise<Plan | null> => {
  try {
    return JSON.parse(await readFile(taskPaths(folder).plan, 'utf8')) as Plan | null
  } catch {
    return null
  }
}

const HALF = /^\..+\.tmp$|^order\.tmp$|^scratch-/

/** Removes the halves of what a killed supervisor was writing beside a task's journal. */
export const removeHalves = (folder: string): void => {
  for (const name of readdirSync(folder))
    if (HALF.test(name)) rmSync(`${folder}/${name}`, { recursive: true, force: true })
}
