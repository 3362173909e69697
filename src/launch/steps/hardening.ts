import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { taskPaths } from '../../domain/task-paths.ts'
import type { Plan } from '../../plan/plan.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'

/** Any user in the container reads it. */
const ZONE_MODE = 0o644

/** Puts the user's seccomp profile and the file of the time zone where the container's spec has them. */
export const putHardening = async ({ container, folders, zoneFile }: Plan): Promise<void> => {
  const paths = taskPaths(folders.task)
  if (container.ownSeccomp !== undefined) await writeFileDurably(paths.seccomp, container.ownSeccomp.text)
  // The file may have gone since the task began; then the copy of an earlier turn stays.
  if (zoneFile === undefined || (!existsSync(zoneFile) && existsSync(paths.zone))) return
  await writeFileDurably(paths.zone, await readFile(zoneFile), { mode: ZONE_MODE })
}
