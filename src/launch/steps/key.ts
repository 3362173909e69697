import { join } from 'node:path'
import { SSH_FILES, secretLinesOf } from '../../domain/ssh-files.ts'
import { tokenPaths } from '../../domain/task-paths.ts'
import { INSIDE } from '../../domain/worker-protocol.ts'
import { sshKeyOf } from '../../plan/ssh-key.ts'
import { makePrivateFolder } from '../../std/private-folder.ts'
import { putPrivateFile } from '../../std/put-private-file.ts'
import type { LaunchDeps } from '../deps.ts'

/** Puts a copy of the ssh key into the container's folder for secrets; its lines are masked first. */
export const putSshKey = async ({ plan, git, callerEnv, hide, signal }: LaunchDeps): Promise<void> => {
  const { sshKey } = sshKeyOf(plan)
  if (sshKey === undefined || plan.source.kind !== 'clone') return
  const { url } = plan.source
  const files = await git.sshFiles({ sshKey, url, folder: INSIDE.secrets, callerEnv, signal })
  hide?.(secretLinesOf(files[SSH_FILES.key] ?? ''))
  const folder = tokenPaths(plan.folders).secrets
  makePrivateFolder(folder, plan.owner)
  for (const [name, text] of Object.entries(files)) putPrivateFile(join(folder, name), text, plan.owner)
}
