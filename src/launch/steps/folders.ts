import { chmod, chown, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { FILES_FOLDER, PROMPT_FILE } from '../../domain/worker-protocol.ts'
import type { Plan } from '../../plan/plan.ts'
import { toldPrompt } from '../../plan/plan-files.ts'
import type { LaunchDeps } from '../deps.ts'

const LEAF_MODE = 0o755

/** Copies, not links: the agent may change what it gets. */
const putFiles = async ({ folders, turn, files = [] }: Plan): Promise<void> => {
  if (files.length === 0) return
  const into = `${folders.exchange}/${FILES_FOLDER}`
  await mkdir(into, { recursive: true })
  await chmod(into, LEAF_MODE)
  for (const { name } of files) {
    await copyFile(`${folders.task}/files/${turn}/${name}`, `${into}/${name}`)
    await chmod(`${into}/${name}`, 0o644)
  }
}

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
  const file = `${folders.exchange}/${PROMPT_FILE}`
  await writeFile(file, toldPrompt(prompt, plan.files ?? []), { mode: 0o644 })
  await chmod(file, 0o644)
  await putFiles(plan)
}
