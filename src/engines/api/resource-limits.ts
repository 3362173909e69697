import type { ContainerSpec, Limit } from '../../domain/container-spec.ts'
import { BerthError } from '../../domain/errors.ts'
import type { EngineInfo } from '../engine.ts'

const enforceable = (info: EngineInfo, name: 'memory' | 'cpus' | 'pids', limit: Limit | null): number | undefined => {
  if (limit === null) return undefined
  if (info.limits[name]) return limit.value
  if (!limit.asked) return undefined
  throw new BerthError('engine-error', `--${name}: ${info.kind} ${info.version} cannot enforce this limit here`, {
    hint: 'Leave the flag out, or use an engine with its own cgroups (rootful, or rootless on cgroups v2).',
  })
}

/** The limits of a container that the engine can keep. Throws where one that the user named is not among them. */
export const resourceLimits = (spec: ContainerSpec, info: EngineInfo) => ({
  memory: enforceable(info, 'memory', spec.memoryBytes),
  cpus: enforceable(info, 'cpus', spec.cpus),
  pids: enforceable(info, 'pids', spec.pids),
})

export type ResourceLimits = ReturnType<typeof resourceLimits>
