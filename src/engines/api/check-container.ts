import type { ContainerSpec } from '../../domain/container-spec.ts'
import type { EffectiveSettings } from '../../domain/effective-settings.ts'
import { BerthError } from '../../domain/errors.ts'
import type { EngineInfo } from '../engine.ts'
import { containerInfo } from './container-info.ts'
import { effectiveSettings } from './effective-settings.ts'
import { runningProcess } from './running-process.ts'
import type { WireContainer } from './wire-types.ts'

/** Compares a container with its spec; throws `engine-error` with every difference that matters. */
export const checkContainer = async (input: {
  readonly label: string
  readonly spec: ContainerSpec
  readonly info: EngineInfo
  readonly wire: WireContainer
  /** The option that was to give the seccomp profile. */
  readonly seccomp: string | null
}): Promise<{ readonly settings: EffectiveSettings; readonly pid: number | null }> => {
  const { label, spec, info, wire, seccomp } = input
  const { pid } = containerInfo(wire)
  const process = pid === null ? undefined : await runningProcess(pid, wire.Id, { isFiltered: info.seccomp })
  const compared = effectiveSettings({ spec, info, wire, process, seccomp })
  const wrong = compared.filter(({ differs }) => differs)
  if (wrong.length > 0) {
    const list = wrong.map((one) => `${one.setting}: asked ${one.asked}, found ${one.effective}`).join('; ')
    throw new BerthError('engine-error', `${label}: container ${spec.name} does not run as asked: ${list}`)
  }
  return { settings: compared.map(({ differs: _, ...setting }) => setting), pid }
}
