import type { ContainerSpec } from '../../domain/container-spec.ts'
import { droppedBy, TIERS } from '../../domain/policy.ts'
import { SECCOMP_FILE } from '../../domain/seccomp-profile.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'

type Toolbox = Awaited<ReturnType<Deps['installation']['toolbox']>>

/** Without an agent in it, a container needs no more than a sandbox has, whatever its task's tier gives. */
const closed = (toolbox: Toolbox): Partial<ContainerSpec> => ({
  capDrop: droppedBy(TIERS.sandboxed),
  noNewPrivileges: true,
  ...(toolbox && { seccomp: `${toolbox.path}/${SECCOMP_FILE}` }),
})

/**
 * The container for a job on a turn without its agent: that of the turn, without network, the agent's home and the
 * caller's volumes. It has today's toolbox, because that of the turn may have been removed.
 */
export const helperSpec = (
  { container, isolation }: Plan,
  toolbox: Toolbox,
  job: {
    /** Part of the container's name. */
    readonly name: string
    readonly argv: readonly string[]
    /** Roles of the plan's mounts that it gets beside the toolbox. */
    readonly mounts: readonly string[]
    /** The folder for the mount of that role, where it is another than the turn's. */
    readonly exchange?: string
  },
): ContainerSpec => {
  // The agent's: a helper needs none, and its ports may be taken again by then.
  const { devices: _d, gpus: _g, publish: _p, ownSeccomp: _s, ...rest } = container
  const sources: Readonly<Record<string, string | undefined>> = { exchange: job.exchange, toolbox: toolbox?.path }
  return {
    ...rest,
    name: `${container.name}-${job.name}`,
    argv: job.argv,
    network: 'none',
    workdir: '/',
    ...(isolation === 'host' ? {} : closed(toolbox)),
    mounts: container.mounts
      .filter(({ role }) => role === 'toolbox' || job.mounts.includes(role))
      .map((mount) => ({ ...mount, source: sources[mount.role] ?? mount.source })),
  }
}
