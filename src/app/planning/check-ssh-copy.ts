import type { TaskRequest } from '../../domain/request.ts'
import { INSIDE } from '../../domain/worker-protocol.ts'
import type { CallerEnv } from '../../git/git.ts'
import type { Facts } from '../../plan/facts.ts'
import type { Deps } from '../deps.ts'

/** Rejects as `sshFiles` where the container could get no copy of the key. */
export const checkSshCopy = async (
  { git }: Pick<Deps, 'git'>,
  { sshKey, sshKeyInside }: TaskRequest,
  source: Facts['source'],
  call: { readonly callerEnv: CallerEnv; readonly signal: AbortSignal },
): Promise<void> => {
  if (!sshKeyInside || sshKey === undefined || source.kind !== 'clone') return
  await git.sshFiles({ sshKey, url: source.url, folder: INSIDE.secrets, ...call })
}
