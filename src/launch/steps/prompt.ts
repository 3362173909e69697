import { chmod, copyFile, mkdir, readdir, rm } from 'node:fs/promises'
import { taskPaths } from '../../domain/task-paths.ts'
import { FORK_OBJECTS, FORK_SESSION_FILE } from '../../domain/worker-protocol.ts'
import type { Plan } from '../../plan/plan.ts'
import { moveIn } from '../../std/mounted-folder.ts'
import type { LaunchDeps } from '../deps.ts'
import { putPrompt } from '../put-prompt.ts'

const FOLDER_MODE = 0o755

/** What a fork begins with, out of the task's own folder: made aside, and moved in. */
const putFork = async ({ folders, fork }: Plan): Promise<void> => {
  if (!fork?.session && !fork?.work) return
  const made = `${folders.task}/fork.tmp`
  await rm(made, { recursive: true, force: true })
  await mkdir(made, { mode: 0o700 })
  const from = taskPaths(folders.task).fork
  const put = async (path: string, name: string) => {
    await copyFile(path, `${made}/${name}`)
    await chmod(`${made}/${name}`, 0o644)
  }
  const names: string[] = []
  if (fork.session) {
    await put(from.session, FORK_SESSION_FILE)
    names.push(FORK_SESSION_FILE)
  }
  if (fork.work) {
    await mkdir(`${made}/${FORK_OBJECTS}`)
    await chmod(`${made}/${FORK_OBJECTS}`, FOLDER_MODE)
    const packs = `${from.objects}/pack`
    for (const name of await readdir(packs)) await put(`${packs}/${name}`, `${FORK_OBJECTS}/${name}`)
    names.push(FORK_OBJECTS)
  }
  for (const name of names) moveIn(folders.exchange, name, `${made}/${name}`)
  await rm(made, { recursive: true, force: true })
}

/** Puts what the turn begins with into the exchange folder; the container may be on its way meanwhile. */
export const putTurn = async ({ plan, prompt }: LaunchDeps): Promise<void> => {
  await putPrompt(plan, prompt)
  await putFork(plan)
}
