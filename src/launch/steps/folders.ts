import { chmod, chown, mkdir } from 'node:fs/promises'
import type { LaunchDeps } from '../deps.ts'
import { putPrompt } from '../put-prompt.ts'

const LEAF_MODE = 0o755

/** Makes the mounted folders, for the container's user, and puts the prompt into the exchange. */
export const makeFolders = async ({ plan, prompt }: LaunchDeps): Promise<void> => {
  const { folders, owner } = plan
  await mkdir(`${folders.task}/exchange`, { recursive: true, mode: 0o700 })
  await mkdir(folders.socket, { recursive: true })
  await chmod(folders.socket, LEAF_MODE)
  for (const path of [folders.workspace, folders.home, folders.exchange]) {
    const made = (await mkdir(path, { recursive: true })) !== undefined
    if (!made) continue
    await chmod(path, LEAF_MODE)
    if (owner !== null) await chown(path, owner.uid, owner.gid)
  }
  await putPrompt(plan, prompt)
}
