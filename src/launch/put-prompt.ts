import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { taskPaths } from '../domain/task-paths.ts'
import { FILES_FOLDER, PROMPT_FILE } from '../domain/worker-protocol.ts'
import type { Plan } from '../plan/plan.ts'
import { moveIn } from '../std/mounted-folder.ts'

const FOLDER_MODE = 0o755
const FILE_MODE = 0o644

/** Copies, not links: the agent may change what it gets. */
const makeFiles = async ({ folders, turn, files = [] }: Plan, into: string): Promise<void> => {
  const from = taskPaths(folders.task).filesOf(turn)
  await mkdir(into)
  await chmod(into, FOLDER_MODE)
  for (const { name } of files) {
    await copyFile(`${from}/${name}`, `${into}/${name}`)
    await chmod(`${into}/${name}`, FILE_MODE)
  }
}

/**
 * Puts the prompt and the files that go with it into the exchange folder. An agent may have had the folder before, so
 * they are made outside and moved in: a link that lies there is replaced and not followed.
 */
export const putPrompt = async (plan: Plan, prompt: string): Promise<void> => {
  const { exchange, task } = plan.folders
  const { files = [] } = plan
  const made = `${task}/prompt.tmp`
  await rm(made, { recursive: true, force: true })
  await mkdir(made, { mode: 0o700 })
  await writeFile(`${made}/${PROMPT_FILE}`, prompt)
  await chmod(`${made}/${PROMPT_FILE}`, FILE_MODE)
  if (files.length > 0) await makeFiles(plan, `${made}/${FILES_FOLDER}`)
  for (const name of [PROMPT_FILE, ...(files.length > 0 ? [FILES_FOLDER] : [])])
    moveIn(exchange, name, `${made}/${name}`)
  await rm(made, { recursive: true, force: true })
}
