import { urlParts } from '../domain/repository-url.ts'
import type { TaskRequest } from '../domain/request.ts'
import type { Facts } from './facts.ts'
import type { Plan } from './plan.ts'

/** The path of the key with which git outside reaches a repository by ssh. */
export const sshKeyOf = ({ sshKey }: { readonly sshKey?: string | undefined }): { readonly sshKey?: string } =>
  sshKey === undefined ? {} : { sshKey }

/** What a private key for ssh adds to a plan; nothing for a task without a clone. */
export const planSshKey = (request: TaskRequest, { source }: Pick<Facts, 'source'>): Pick<Plan, 'sshKey'> =>
  source.kind === 'clone' ? sshKeyOf(request) : {}

const usesSsh = (source: Facts['source']): boolean =>
  source.kind === 'clone' && urlParts(source.url)?.transport === 'ssh'

export const sshKeyWarnings = (
  { sshKey }: TaskRequest,
  { source, further = [] }: Pick<Facts, 'source' | 'further'>,
): readonly string[] => {
  if (sshKey === undefined || [source, ...further].some(usesSsh)) return []
  return ['--ssh-key: the repository has no ssh address, so git uses the key only if your insteadOf makes it one']
}
