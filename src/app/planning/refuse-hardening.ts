import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { EngineInfo } from '../../engines/engine.ts'

type Need = {
  readonly flag: string
  readonly value: string | undefined
  readonly isThere: boolean
  readonly lacks: string
  readonly hint: string
}

const needsOf = (
  { securityLabel, seccompProfile, apparmorProfile }: TaskRequest,
  info: EngineInfo,
): readonly Need[] => [
  {
    flag: 'security-label',
    value: securityLabel[0],
    isThere: info.selinux,
    lacks: 'sets no SELinux labels here',
    hint: 'Leave the flag out. Labels need SELinux in the kernel, and with Docker its daemon\'s "selinux-enabled".',
  },
  {
    flag: 'seccomp-profile',
    value: seccompProfile,
    isThere: info.seccomp,
    lacks: 'filters no system calls here',
    hint: 'Use an engine built with seccomp, or leave the flag out.',
  },
  {
    flag: 'apparmor-profile',
    value: apparmorProfile,
    isThere: info.apparmor,
    lacks: 'has no AppArmor here',
    hint: 'Leave the flag out, or use an engine on a kernel with AppArmor.',
  },
]

/** Refuses a profile or a label that the engine would pass over or not know. */
export const refuseHardening = (request: TaskRequest, info: EngineInfo): void => {
  const missing = needsOf(request, info).find(({ value, isThere }) => value !== undefined && !isThere)
  if (missing === undefined) return
  const { flag, value, lacks, hint } = missing
  throw new BerthError('bad-profile', `--${flag} ${value}: ${info.kind} ${info.version} ${lacks}`, { hint })
}
