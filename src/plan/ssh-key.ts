import type { Mount } from '../domain/container-spec.ts'
import { BerthError } from '../domain/errors.ts'
import { tierOf } from '../domain/policy.ts'
import { urlParts } from '../domain/repository-url.ts'
import type { TaskRequest } from '../domain/request.ts'
import { SSH_FILES } from '../domain/ssh-files.ts'
import { tokenPaths } from '../domain/task-paths.ts'
import { INSIDE } from '../domain/worker-protocol.ts'
import type { Facts } from './facts.ts'
import type { Plan } from './plan.ts'
import { isBelowSecrets } from './token-inside.ts'

/** The path of the key with which git outside reaches a repository by ssh. */
export const sshKeyOf = ({ sshKey }: { readonly sshKey?: string | undefined }): { readonly sshKey?: string } =>
  sshKey === undefined ? {} : { sshKey }

const usesSsh = (source: Facts['source']): boolean =>
  source.kind === 'clone' && urlParts(source.url)?.transport === 'ssh'

const refuse = (why: string, hint: string): never => {
  throw new BerthError('bad-request', `--ssh-key-inside: ${why}`, { hint })
}

/** Refuses a copy of the key that nobody could use, or that would lie beside other secrets. */
const checkInside = (request: TaskRequest, source: Facts['source']): void => {
  const { sshKey, isolation, gitCredentials, volumes, tmpfs } = request
  if (sshKey === undefined) refuse('there is no key', 'Name one with --ssh-key.')
  if (isolation === 'host') refuse('with --isolation host the agent has your own keys anyway', 'Leave it out.')
  if (tierOf(request)?.network === 'gateway')
    refuse('with --policy sandboxed ssh has no way out', 'Leave it out: Berth pushes outside. Or use --policy open.')
  if (!usesSsh(source)) refuse('the repository has no ssh address', 'Name it by one, as git@HOST:OWNER/NAME.')
  if (gitCredentials === 'inside')
    refuse('with --git-credentials inside, git there uses no ssh', 'Leave one of them out.')
  const taken = [...volumes, ...tmpfs].find(({ target }) => isBelowSecrets(target))
  if (taken !== undefined)
    refuse(`${taken.target} in the container is for the key`, 'Mount the volume at another path.')
}

/** What a private key for ssh adds to a plan; nothing for a task without a clone. */
export const planSshKey = (
  request: TaskRequest,
  { source }: Pick<Facts, 'source'>,
): Pick<Plan, 'sshKey' | 'sshKeyInside'> => {
  if (request.sshKeyInside) checkInside(request, source)
  if (source.kind !== 'clone') return {}
  return { ...sshKeyOf(request), ...(request.sshKeyInside && { sshKeyInside: true }) }
}

/** The folder with the copy: the folder and not its files, which come with a turn and go with it. */
export const sshKeyMount = ({ sshKeyInside }: TaskRequest, { folders }: Pick<Facts, 'folders'>): readonly Mount[] =>
  sshKeyInside ? [{ role: 'secrets', source: tokenPaths(folders).secrets, target: INSIDE.secrets, readOnly: true }] : []

export const sshKeyEnvironment = ({ sshKeyInside }: TaskRequest): Readonly<Record<string, string>> =>
  sshKeyInside ? { GIT_SSH_COMMAND: `ssh -F ${INSIDE.secrets}/${SSH_FILES.config}`, GIT_SSH_VARIANT: 'ssh' } : {}

export const sshKeyWarnings = (
  { sshKey, sshKeyInside }: TaskRequest,
  { source, further = [] }: Pick<Facts, 'source' | 'further'>,
): readonly string[] => {
  if (sshKey === undefined) return []
  if (sshKeyInside)
    return [
      `--ssh-key-inside: a copy of ${sshKey} is in the container while a turn runs; whatever runs there can read it, use it for every host that takes it, and send it away for good`,
    ]
  if ([source, ...further].some(usesSsh)) return []
  return ['--ssh-key: the repository has no ssh address, so git uses the key only if your insteadOf makes it one']
}
