import { setTimeout as sleep } from 'node:timers/promises'
import type { PruneAnswer } from '../../api/answers.ts'
import { LABEL } from '../../domain/container-spec.ts'
import { FINAL, type State, type TaskRecord } from '../../domain/task.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import { errorMessage } from '../../std/error-message.ts'
import { faultPoint } from '../../std/fault-point.ts'
import type { Deps } from '../deps.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { unsavedWork } from '../task/unsaved-work.ts'
import { bytesForTurns, folderBytes, usedBytes } from '../task/work-folder.ts'
import { archiveTask } from './archive-task.ts'
import { fileSteps } from './prune-files.ts'
import { removeTask } from './remove-task.ts'

/** What was pruned of finished tasks. */
type Pruned = Omit<PruneAnswer, 'sandboxes'>
type Item = Pruned['pruned'][number]
type Step = { readonly item: Item; readonly carryOut: () => Promise<unknown> }
type Input = {
  readonly deps: Pick<Deps, 'clock' | 'egress' | 'engines' | 'git' | 'installation' | 'log' | 'store' | 'tokens'>
  readonly tasks: Tasks
  readonly dryRun: boolean
  readonly force: boolean
  readonly olderThanMs: number | null
  /** Undefined: done ones, and with a budget all that are over. */
  readonly states: readonly State[] | undefined
  /** Only tasks with these labels, and no file that belongs to no task. Undefined: any labels. */
  readonly labels: Readonly<Record<string, string>> | undefined
  /** How large the state folder may be: the oldest goes first, until the rest fits. Null: no limit. */
  readonly maxBytes: number | null
}

const folderSteps = async (input: Input, record: TaskRecord): Promise<Step> => {
  const { deps, tasks, force } = input
  const { id } = record
  const folder = tasks.folderOf(id)
  if (record.archived) {
    const carryOut = () => removeTask({ deps, tasks, id, force })
    return { item: { kind: 'archive', id, bytes: await folderBytes(folder) }, carryOut }
  }
  const bytes = await bytesForTurns(folder)
  return { item: { kind: 'workspace', id, bytes }, carryOut: () => archiveTask({ deps, tasks, id, force }) }
}

/** Stopped containers of tasks that are over, on the engines that our tasks ran on. */
const containerSteps = async (
  { deps, tasks }: Input,
  over: ReadonlyMap<string, TaskRecord>,
  skipped: { id: string; why: string }[],
): Promise<readonly Step[]> => {
  const engines = new Map([...over.values()].map(({ engine, endpoint }) => [endpoint, engine]))
  const steps: Step[] = []
  for (const [endpoint, kind] of engines) {
    const engine = deps.engines.at(kind, endpoint)
    try {
      for (const { id, name, state, labels } of await engine.list({ [LABEL.managed]: 'true' })) {
        const task = labels[LABEL.task] ?? ''
        if (state === 'running' || !over.has(task) || tasks.live(task) !== undefined) continue
        steps.push({ item: { kind: 'container', id: name, bytes: 0 }, carryOut: () => engine.remove(id) })
      }
    } catch (error) {
      skipped.push({ id: endpoint, why: errorMessage(error) })
    }
  }
  return steps
}

/** How long `prune` waits for the end of clean-ups that go on. */
const CLEAN_UP_MS = 10_000

const endOf = ({ endedAt, createdAt }: TaskRecord): number => Date.parse(endedAt ?? createdAt)

const carryOutAll = async (
  { deps, dryRun, maxBytes }: Input,
  steps: readonly Step[],
  skipped: { id: string; why: string }[],
): Promise<Pruned> => {
  let left = maxBytes === null ? null : await usedBytes(deps.installation.folders.state)
  const pruned: Item[] = []
  for (const { item, carryOut } of steps) {
    if (left !== null && maxBytes !== null && left <= maxBytes && item.kind !== 'container') continue
    try {
      if (!dryRun) await carryOut()
      faultPoint(`prune.${item.kind}`)
      pruned.push(item)
      if (left !== null) left -= item.bytes
    } catch (error) {
      skipped.push({ id: item.id, why: errorMessage(error) })
    }
  }
  return { dryRun, pruned, kept: skipped, bytes: pruned.reduce((sum, { bytes }) => sum + bytes, 0), left }
}

/** Waits a moment until Berth has cleaned up after these tasks, so that `prune` after `wait` finds them ready. */
const cleanedUp = async (tasks: Tasks, over: readonly TaskRecord[]): Promise<void> => {
  const settled = over.filter((record) => record.kept == null).map(({ id }) => tasks.settled(id))
  const enough = new AbortController()
  const limit = sleep(CLEAN_UP_MS, undefined, { signal: enough.signal }).catch(() => {})
  await Promise.race([Promise.all(settled), limit])
  enough.abort()
}

/** Why the folder of a finished task stays; null where it may go. */
const whyItStays = ({ deps, tasks, force }: Input, record: TaskRecord): string | null => {
  const folder = tasks.folderOf(record.id)
  const settles = tasks.live(record.id) === undefined ? null : 'Berth is still cleaning up after its last turn'
  if (force) return settles
  if (record.kept != null) return 'its warm container waits for a further prompt'
  return settles ?? unsavedWork(record, folder, deps.store.reader(taskPaths(folder).journal))
}

/** The steps that empty or remove the folders of these tasks, archives last. */
const taskSteps = async (
  input: Input,
  over: readonly TaskRecord[],
  skipped: { id: string; why: string }[],
): Promise<readonly Step[]> => {
  const { olderThanMs, maxBytes } = input
  const limited = olderThanMs !== null || maxBytes !== null
  const states = input.states ?? (maxBytes === null ? ['done'] : [...FINAL])
  const before = input.deps.clock.now().getTime() - (olderThanMs ?? 0)
  // Archived tasks stay unless the caller gives an age or a budget.
  const isMeant = (record: TaskRecord) =>
    states.includes(record.state) && endOf(record) <= before && (record.archived ? limited : !record.emptied)
  const steps: Step[] = []
  const archives: Step[] = []
  for (const record of over.filter(isMeant)) {
    const why = whyItStays(input, record)
    if (why === null) (record.archived ? archives : steps).push(await folderSteps(input, record))
    else skipped.push({ id: record.id, why })
  }
  return [...steps, ...archives]
}

/**
 * Frees the space of finished tasks: stopped containers, workspaces of tasks whose work also exists elsewhere (they are
 * archived), old logs, mirrors that no task uses, and with an age or a budget archives, the oldest first. What is nowhere
 * else stays, unless forced.
 */
export const prune = async (input: Input): Promise<Pruned> => {
  const { deps, olderThanMs, maxBytes, labels } = input
  const finished = () =>
    deps.store
      .list({ all: true, ...(labels === undefined ? {} : { labels }) })
      .filter(({ state }) => FINAL.has(state))
      .toSorted((a, b) => endOf(a) - endOf(b))
  await cleanedUp(input.tasks, finished())
  const over = finished()
  const skipped: { id: string; why: string }[] = []
  const steps = [
    ...(await containerSteps(input, new Map(over.map((record) => [record.id, record])), skipped)),
    ...(labels === undefined ? await fileSteps(deps, { olderThanMs, tight: maxBytes !== null }) : []),
    ...(await taskSteps(input, over, skipped)),
  ]
  return await carryOutAll(input, steps, skipped)
}
