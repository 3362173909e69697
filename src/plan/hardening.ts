import type { ContainerSpec, Mount, Tmpfs } from '../domain/container-spec.ts'
import type { TaskRequest } from '../domain/request.ts'
import { taskPaths } from '../domain/task-paths.ts'
import { ZONE_FOLDER } from '../domain/time-zone.ts'
import type { Facts } from './facts.ts'

/** Where programs put their temporary files; compilers and test runners start some of them. */
const TEMPORARY = ['/tmp', '/var/tmp']
const OPTIONS = ['rw', 'exec', 'nosuid', 'nodev', 'mode=1777']

/** For an image that has no /tmp, or none that anybody may write into: a file system in memory would take that one's mode. */
export const temporaryMount = ({ tmpfs, volumes }: TaskRequest, { folders, image }: Facts): readonly Mount[] =>
  image.noTemporary && ![...tmpfs, ...volumes].some(({ target }) => target === '/tmp')
    ? [{ role: 'temporary', source: taskPaths(folders.task).temporary, target: '/tmp', readOnly: false }]
    : []

const tmpfsOf = (request: TaskRequest, facts: Facts): readonly Tmpfs[] => {
  const { readOnly, tmpfs, volumes } = request
  const taken = [...tmpfs, ...volumes, ...temporaryMount(request, facts)].map(({ target }) => target)
  const own = readOnly ? TEMPORARY.filter((target) => !taken.includes(target)) : []
  return [...own.map((target) => ({ target, options: OPTIONS })), ...tmpfs]
}

const seccompOf = ({ folders, hardening }: Facts): Partial<ContainerSpec> => {
  if (hardening?.seccomp === undefined) return {}
  const { from, text } = hardening.seccomp
  return { seccomp: taskPaths(folders.task).seccomp, ownSeccomp: { from, text } }
}

/** What the user's own settings change in the sandbox that the policy gives. A host has none. */
export const planHardening = (request: TaskRequest, facts: Facts): Partial<ContainerSpec> => {
  if (facts.host !== null) return {}
  const { readOnly, securityLabel } = request
  const tmpfs = tmpfsOf(request, facts)
  return {
    ...(readOnly ? { readOnlyRoot: true } : {}),
    ...(tmpfs.length > 0 && { tmpfs }),
    ...(securityLabel.length > 0 && { securityLabel }),
    ...(facts.hardening?.apparmor === undefined ? {} : { apparmor: facts.hardening.apparmor }),
    ...seccompOf(facts),
  }
}

/** Folders in memory that the agent is to write. */
export const writableOf = (request: TaskRequest, facts: Facts): { readonly writable?: readonly string[] } => {
  const open = tmpfsOf(request, facts).filter(({ options }) => options.includes('rw'))
  return facts.host !== null || open.length === 0 ? {} : { writable: open.map(({ target }) => target) }
}

/** The copy of the zone's file, where programs look for it: the image needs no zone files. */
export const zoneMount = ({ timezone }: TaskRequest, { folders, hardening, host }: Facts): readonly Mount[] =>
  timezone === undefined || hardening?.zoneFile == null || host !== null
    ? []
    : [
        {
          role: 'timezone',
          source: taskPaths(folders.task).zone,
          target: `${ZONE_FOLDER}/${timezone}`,
          readOnly: true,
        },
      ]

/** TZ for worker, agent and whoever looks into the container. */
export const zoneVariable = ({ timezone }: TaskRequest): Readonly<Record<string, string>> =>
  timezone === undefined ? {} : { TZ: timezone }

export const hardeningWarnings = ({ timezone }: TaskRequest, { hardening, host }: Facts): readonly string[] => [
  ...(hardening?.seccomp?.open
    ? [
        `--seccomp-profile ${hardening.seccomp.from}: the profile lets pass each system call that it does not name, where the policy's own refuses them`,
      ]
    : []),
  ...(hardening?.zoneFile === null && host === null
    ? [`--timezone ${timezone}: this machine has no zone files, so in an image without its own the time is UTC`]
    : []),
]
