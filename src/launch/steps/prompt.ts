import { chmod, copyFile, mkdir, readdir } from 'node:fs/promises'
import { FORK_OBJECTS, FORK_SESSION_FILE } from '../../domain/worker-protocol.ts'
import type { Plan } from '../../plan/plan.ts'
import type { LaunchDeps } from '../deps.ts'
import { putPrompt } from '../put-prompt.ts'

const FOLDER_MODE = 0o755

/** What a fork begins with, out of the task's own folder. */
const putFork = async ({ folders, fork }: Plan): Promise<void> => {
  const put = async (from: string, name: string) => {
    await copyFile(`${folders.task}/fork/${from}`, `${folders.exchange}/${name}`)
    await chmod(`${folders.exchange}/${name}`, 0o644)
  }
  if (fork?.session) await put('session.tar', FORK_SESSION_FILE)
  if (!fork?.work) return
  await mkdir(`${folders.exchange}/${FORK_OBJECTS}`, { recursive: true })
  await chmod(`${folders.exchange}/${FORK_OBJECTS}`, FOLDER_MODE)
  for (const name of await readdir(`${folders.task}/fork/objects/pack`))
    await put(`objects/pack/${name}`, `${FORK_OBJECTS}/${name}`)
}

/** Puts what the turn begins with into the exchange folder; the container may be on its way meanwhile. */
export const putTurn = async ({ plan, prompt }: LaunchDeps): Promise<void> => {
  await putPrompt(plan, prompt)
  await putFork(plan)
}
