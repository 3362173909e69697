import type { PruneAnswer } from '../api/contract.ts'
import { LABEL } from '../domain/container-spec.ts'
import { FINAL, type State, type TaskRecord } from '../domain/task.ts'
import type { EngineKind } from '../engines/engine.ts'
import { faultPoint } from '../std/fault-point.ts'
import { treeBytes } from '../std/tree-bytes.ts'
import { archiveTask } from './archive-task.ts'
import type { Deps } from './deps.ts'
import { onlyHere } from './only-here.ts'
import { removeTask } from './remove-task.ts'
import type { Tasks } from './tasks.ts'

type Item = PruneAnswer['pruned'][number]
type Step = { readonly item: Item; readonly carryOut: () => Promise<unknown> }
type Input = {
  readonly deps: Deps
  readonly tasks: Tasks
  readonly dryRun: boolean
  readonly force: boolean
  readonly olderThanMs: number | null
  readonly states: readonly State[]
}

const folderSteps = async (input: Input, record: TaskRecord): Promise<Step> => {
  const { deps, tasks, force } = input
  const { id } = record
  const folder = tasks.folderOf(id)
  if (record.archived) {
    const carryOut = () => removeTask({ deps, tasks, id, force })
    return { item: { kind: 'archive', id, bytes: await treeBytes(folder) }, carryOut }
  }
  const parts = await Promise.all(
    ['workspace', 'home', 'exchange', 'files'].map((name) => treeBytes(`${folder}/${name}`)),
  )
  const bytes = parts.reduce((sum, part) => sum + part, 0)
  return { item: { kind: 'workspace', id, bytes }, carryOut: () => archiveTask({ deps, tasks, id, force }) }
}

/** Stopped containers of tasks that are over, on the engines that our tasks ran on. */
const containerSteps = async (
  { deps, tasks }: Input,
  over: ReadonlyMap<string, TaskRecord>,
  kept: { id: string; why: string }[],
): Promise<readonly Step[]> => {
  const engines = new Map([...over.values()].map(({ engine, endpoint }) => [endpoint, engine]))
  const steps: Step[] = []
  for (const [endpoint, kind] of engines) {
    const engine = deps.engines.at(kind as EngineKind, endpoint)
    try {
      for (const { id, name, state, labels } of await engine.list({ [LABEL.managed]: 'true' })) {
        const task = labels[LABEL.task] ?? ''
        if (state === 'running' || !over.has(task) || tasks.live(task) !== undefined) continue
        steps.push({ item: { kind: 'container', id: name, bytes: 0 }, carryOut: () => engine.remove(id) })
      }
    } catch (error) {
      kept.push({ id: endpoint, why: error instanceof Error ? error.message : String(error) })
    }
  }
  return steps
}

/**
 * Frees what finished tasks hold: stopped containers, workspaces of tasks whose work is elsewhere too (they are
 * archived), and with an age the archives that are older. What is nowhere else stays, unless forced.
 */
export const prune = async (input: Input): Promise<PruneAnswer> => {
  const { deps, tasks, force, olderThanMs, states } = input
  const before = deps.now().getTime() - (olderThanMs ?? 0)
  const over = deps.store
    .list({ all: true })
    .filter(({ id, state }) => FINAL.has(state) && tasks.live(id) === undefined)
  const kept: { id: string; why: string }[] = []
  const steps = [...(await containerSteps(input, new Map(over.map((record) => [record.id, record])), kept))]
  for (const record of over) {
    if (!states.includes(record.state) || Date.parse(record.endedAt ?? record.createdAt) > before) continue
    // An archive is kept until an age is named.
    if (record.archived ? olderThanMs === null : record.emptied) continue
    const folder = tasks.folderOf(record.id)
    const events = () => deps.readEvents(`${folder}/events.jsonl`, 0)
    const waits = record.kept == null ? null : 'its container is kept for a further prompt'
    const why = force ? null : (waits ?? onlyHere(record, folder, events))
    if (why === null) steps.push(await folderSteps(input, record))
    else kept.push({ id: record.id, why })
  }
  const pruned: Item[] = []
  for (const { item, carryOut } of steps) {
    try {
      if (!input.dryRun) await carryOut()
      faultPoint(`prune.${item.kind}`)
      pruned.push(item)
    } catch (error) {
      kept.push({ id: item.id, why: error instanceof Error ? error.message : String(error) })
    }
  }
  return { dryRun: input.dryRun, pruned, kept, bytes: pruned.reduce((sum, { bytes }) => sum + bytes, 0) }
}
