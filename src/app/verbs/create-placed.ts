import { BerthError } from '../../domain/errors.ts'
import { FINAL, type TaskRecord } from '../../domain/task.ts'
import { isStillThere, type NamedWorkspace, namedWorkspace } from '../../launch/named-workspace.ts'
import { keyedLock } from '../../std/keyed-lock.ts'
import type { Placed } from '../planning/place-workspace.ts'
import type { NewTask } from '../schedule/create-task.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { giveWorkspace } from '../task/give-workspace.ts'
import type { LiveTask } from '../task/live-task.ts'
import { isUngathered, onlyInside } from '../task/unsaved-work.ts'

/** Two tasks that are created at once would both find the folder free. */
const alone = keyedLock()

const keeps = (id: string, why: string) => new BerthError('workspace-in-use', `--workspace: ${id}: ${why}`)

/** The workspace at the path, which an ended task leaves to another one. */
const leftBy = (live: LiveTask, path: string): NamedWorkspace => {
  const { id, record, journal, folder } = live
  const workspace = namedWorkspace(folder)
  if (workspace === null || workspace.path !== path || !isStillThere(workspace))
    throw keeps(id, `${path} is not the folder that it worked in`)
  if (!FINAL.has(record.state) || record.kept != null) throw keeps(id, 'it goes on')
  const left = isUngathered(journal, record) ? 'its work was not collected' : onlyInside(record)
  if (left !== null) throw keeps(id, left)
  return workspace
}

type Input = {
  readonly tasks: Tasks
  readonly id: string
  readonly state: string
  /** Chooses the folder. */
  readonly place: () => Placed | undefined
}

/** Creates a task whose workspace the user named; nobody else chooses a folder, or uses this one, meanwhile. */
export const createPlaced = (
  { tasks, id, state, place }: Input,
  create: (placed: Placed | undefined, taken: NewTask['taken']) => Promise<TaskRecord>,
): Promise<TaskRecord> =>
  alone(state, async () => {
    const placed = place()
    if (placed === undefined || placed.reused === null) return await create(placed, undefined)
    const { path, reused } = placed
    return await tasks.withTask(reused, (live) =>
      create(placed, { workspace: leftBy(live, path), give: () => giveWorkspace(live, { path, to: id }) }),
    )
  })
