import { chmod, chown, copyFile, mkdir, readdir, stat } from 'node:fs/promises'
import { FORK_OBJECTS, FORK_SESSION_FILE } from '../../domain/worker-protocol.ts'
import type { Plan } from '../../plan/plan.ts'
import { faultPoint } from '../../std/fault-point.ts'
import type { LaunchDeps } from '../deps.ts'
import { putPrompt } from '../put-prompt.ts'

const LEAF_MODE = 0o755

/** What a fork begins with, out of the task's own folder. */
const putFork = async ({ folders, fork }: Plan): Promise<void> => {
  const put = async (from: string, name: string) => {
    await copyFile(`${folders.task}/fork/${from}`, `${folders.exchange}/${name}`)
    await chmod(`${folders.exchange}/${name}`, 0o644)
  }
  if (fork?.session) await put('session.tar', FORK_SESSION_FILE)
  if (!fork?.work) return
  await mkdir(`${folders.exchange}/${FORK_OBJECTS}`, { recursive: true })
  await chmod(`${folders.exchange}/${FORK_OBJECTS}`, LEAF_MODE)
  for (const name of await readdir(`${folders.task}/fork/objects/pack`))
    await put(`objects/pack/${name}`, `${FORK_OBJECTS}/${name}`)
}

/** Makes the mounted folders, for the container's user, and puts the prompt into the exchange. */
export const makeFolders = async ({ plan, prompt }: LaunchDeps): Promise<void> => {
  const { folders, owner } = plan
  await mkdir(`${folders.task}/exchange`, { recursive: true, mode: 0o700 })
  await mkdir(folders.socket, { recursive: true })
  await chmod(folders.socket, LEAF_MODE)
  for (const path of [folders.workspace, folders.home, folders.exchange]) {
    const made = (await mkdir(path, { recursive: true })) !== undefined
    faultPoint('folders.half')
    // The owner comes last: one that is not the container's user's yet was made by a launch that was killed here.
    if (!made && (owner === null || (await stat(path)).uid === owner.uid)) continue
    await chmod(path, LEAF_MODE)
    if (owner !== null) await chown(path, owner.uid, owner.gid)
  }
  if (prompt === null) return
  await putPrompt(plan, prompt)
  await putFork(plan)
}
