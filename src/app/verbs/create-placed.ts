import { BerthError } from '../../domain/errors.ts'
import { FINAL, type TaskRecord } from '../../domain/task.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import { isStillThere, type NamedWorkspace, namedWorkspace } from '../../launch/named-workspace.ts'
import { keyedLock } from '../../std/keyed-lock.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'
import type { Placed } from '../planning/place-workspace.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { forgetWorkspace } from '../task/remove-named.ts'
import { isUngathered, onlyInside } from '../task/unsaved-work.ts'

/** Two tasks that are created at once would both find the folder free. */
const alone = keyedLock()

const keeps = (id: string, why: string) => new BerthError('workspace-in-use', `--workspace: ${id}: ${why}`)

type GivenAway = { readonly workspace: NamedWorkspace; readonly giveBack: () => Promise<void> }

/** Takes the folder from an ended task, which then has no workspace. */
const takeFrom = async (tasks: Tasks, from: string, { path, to }: { readonly path: string; readonly to: string }) => {
  const taken = await tasks.withTask(from, async (live): Promise<GivenAway> => {
    const workspace = namedWorkspace(live.folder)
    if (workspace === null || workspace.path !== path || !isStillThere(workspace))
      throw keeps(from, `${path} is not the folder that it worked in`)
    if (!FINAL.has(live.record.state) || live.record.kept != null) throw keeps(from, 'it goes on')
    const left = isUngathered(live.journal, live.record) ? 'its work was not collected' : onlyInside(live.record)
    if (left !== null) throw keeps(from, left)
    await live.commit({ type: 'workspace.given', workspace: path, to })
    forgetWorkspace(live.folder)
    const giveBack = () =>
      tasks.withTask(from, async (again) => {
        await writeFileDurably(taskPaths(again.folder).named, JSON.stringify(workspace))
        await again.commit({ type: 'workspace.given', workspace: path, to: null })
      })
    return { workspace, giveBack }
  })
  return taken
}

type Input = {
  readonly tasks: Tasks
  readonly id: string
  readonly state: string
  /** Chooses the folder. */
  readonly place: () => Placed | undefined
}

/** Creates a task whose workspace the user named; nobody else chooses a folder meanwhile. */
export const createPlaced = (
  { tasks, id, state, place }: Input,
  create: (placed: Placed | undefined, workspace: NamedWorkspace | undefined) => Promise<TaskRecord>,
): Promise<TaskRecord> =>
  alone(state, async () => {
    const placed = place()
    if (placed === undefined || placed.reused === null) return await create(placed, undefined)
    const { workspace, giveBack } = await takeFrom(tasks, placed.reused, { path: placed.path, to: id })
    try {
      return await create(placed, workspace)
    } catch (error) {
      await giveBack()
      throw error
    }
  })
