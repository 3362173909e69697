import { chmod, chown, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import { taskPaths, tokenPaths } from '../../domain/task-paths.ts'
import type { Plan } from '../../plan/plan.ts'
import { errorMessage } from '../../std/error-message.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { makePrivateFolder } from '../../std/private-folder.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'
import type { LaunchDeps } from '../deps.ts'
import { putHardening } from './hardening.ts'
import { makeNamed } from './named-folder.ts'
import { putTurn } from './prompt.ts'
import { makeRepositoryFolders } from './repository-folders.ts'

/** Makes the folder of a workspace that lies elsewhere; what it lies in is not made: an unmounted disk is not filled. */
const makeElsewhere = async ({ folders, task }: Plan): Promise<void> => {
  if (folders.named !== undefined) return await makeNamed({ folders, task })
  const work = dirname(folders.workspace)
  if (work === folders.task) return
  // Before anything is made there: the folder's removal begins from this file.
  await writeFileDurably(taskPaths(folders.task).place, work)
  faultPoint('folders.place')
  try {
    await mkdir(work, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    throw new BerthError(
      'state-not-writable',
      `${task}: its workspace ${work} could not be made: ${errorMessage(error)}`,
      {
        cause: error,
        hint: 'Mount the disk of that folder, or make the folder writable.',
      },
    )
  }
}

const LEAF_MODE = 0o755
/** Of a folder that every user may write into. */
const OPEN_MODE = 0o1777

/** A plan of an older version: its folders' step puts the prompt, too. */
const isOlder = ({ steps }: Plan): boolean =>
  steps.some(({ id }) => id === 'order') && !steps.some(({ id }) => id === 'prompt')

/** Makes the mounted folders, for the container's user. */
export const makeFolders = async (deps: LaunchDeps): Promise<void> => {
  const { plan } = deps
  const { folders, owner } = plan
  await mkdir(taskPaths(folders.task).exchanges, { recursive: true, mode: 0o700 })
  await mkdir(folders.socket, { recursive: true })
  await chmod(folders.socket, LEAF_MODE)
  await makeElsewhere(plan)
  // A container that is started ahead mounts it before a token or key is there.
  if (plan.tokenInside !== undefined || plan.sshKeyInside === true)
    makePrivateFolder(tokenPaths(folders).secrets, owner)
  const { temporary, modules } = taskPaths(folders.task)
  // A container that is started ahead mounts it before anything is in it.
  if (plan.container.mounts.some(({ source }) => source === modules)) {
    await mkdir(modules, { recursive: true })
    await chmod(modules, LEAF_MODE)
  }
  const own = [
    ...(folders.layer === undefined ? [] : [folders.layer]),
    ...(plan.container.mounts.some(({ source }) => source === temporary) ? [temporary] : []),
  ]
  for (const path of [folders.workspace, folders.home, folders.exchange, ...own]) {
    const made = (await mkdir(path, { recursive: true })) !== undefined
    faultPoint('folders.half')
    // The owner comes last: one that is not the container's user's yet was made by a launch that was killed here.
    if (!made && (owner === null || (await stat(path)).uid === owner.uid)) continue
    await chmod(path, path === temporary ? OPEN_MODE : LEAF_MODE)
    if (owner !== null) await chown(path, owner.uid, owner.gid)
  }
  await makeRepositoryFolders(plan)
  await putHardening(plan)
  if (isOlder(plan)) await putTurn(deps)
}
