import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { Plan } from '../../plan/plan.ts'
import { errorMessage } from '../../std/error-message.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'
import { describeWorkspace, isStillThere, namedWorkspace } from '../named-workspace.ts'

const refusal = ({ task, workspace }: { readonly task: string; readonly workspace: string }, why: string) =>
  new BerthError('state-not-writable', `${task}: its workspace ${workspace}: ${why}`, {
    hint: 'Put the folder back, or start another task with another --workspace.',
  })

/** Makes the folder, and what it lies in; true if it was not there. */
const make = async (place: { readonly task: string; readonly workspace: string }): Promise<boolean> => {
  try {
    return (await mkdir(place.workspace, { recursive: true, mode: 0o700 })) !== undefined
  } catch (error) {
    throw refusal(place, `it could not be made: ${errorMessage(error)}`)
  }
}

/**
 * Makes the folder that the user named for the workspace, or finds the one that the task has. Nobody may have put
 * another one, or a link, in its place.
 */
export const makeNamed = async ({ folders, task }: Pick<Plan, 'folders' | 'task'>): Promise<void> => {
  const { workspace } = folders
  const place = { task, workspace }
  const known = namedWorkspace(folders.task)
  if (known !== null && isStillThere(known)) return
  if (known !== null && existsSync(workspace)) throw refusal(place, 'somebody put another folder there')
  // Its disk may be gone: what the folder lay in is not made again.
  if (known !== null && !existsSync(dirname(workspace))) throw refusal(place, `${dirname(workspace)} is not there`)
  const made = await make(place)
  if (realpathSync(workspace) !== workspace) throw refusal(place, `it is really ${realpathSync(workspace)}`)
  if (!made && readdirSync(workspace).length > 0) throw refusal(place, 'meanwhile somebody put files there')
  faultPoint('folders.named')
  const described = describeWorkspace(workspace, made)
  await writeFileDurably(taskPaths(folders.task).named, JSON.stringify(described))
}
