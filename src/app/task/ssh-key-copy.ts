import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SSH_FILES, secretLinesOf } from '../../domain/ssh-files.ts'
import { tokenPaths } from '../../domain/task-paths.ts'
import type { Plan } from '../../plan/plan.ts'

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** The lines of the copy that an earlier supervisor put there: an agent that runs already may print them. */
export const copiedKeyLines = ({ folders }: Pick<Plan, 'folders'>): readonly string[] => {
  try {
    return secretLinesOf(readFileSync(join(tokenPaths(folders).secrets, SSH_FILES.key), 'utf8'))
  } catch {
    return []
  }
}

/** The turn is over: removes the copy of the ssh key. The folder stays, for a warm container has it mounted. */
export const clearSshKey = ({ folders, sshKeyInside }: Plan): void => {
  if (sshKeyInside !== true) return
  const { secrets } = tokenPaths(folders)
  for (const name of namesIn(secrets)) rmSync(join(secrets, name), { force: true })
}

/** The copy goes with its container, and its folder too. Idempotent. */
export const endSshKey = ({ folders, sshKeyInside }: Plan): void => {
  if (sshKeyInside === true) rmSync(tokenPaths(folders).secrets, { recursive: true, force: true })
}
