import { readdirSync, rmSync } from 'node:fs'
import type { Plan } from '../plan/plan.ts'
import { writeFileAtomic } from '../std/atomic-file.ts'
import type { LiveTask } from './live-task.ts'

/** task.json and plan.json beside the journal, for scripts; the journal is the truth. */
export const writeSnapshot = async (live: LiveTask, plan: Plan): Promise<void> => {
  await writeFileAtomic(`${live.folder}/plan.json`, `${JSON.stringify(plan, null, 2)}\n`)
  await writeFileAtomic(`${live.folder}/task.json`, `${JSON.stringify(live.record, null, 2)}\n`)
}

const HALF = /^\..+\.tmp$|^order\.tmp$|^scratch-/

/** Removes the halves of what a killed supervisor was writing beside a task's journal. */
export const removeHalves = (folder: string): void => {
  for (const name of readdirSync(folder))
    if (HALF.test(name)) rmSync(`${folder}/${name}`, { recursive: true, force: true })
}
