import { readFile } from 'node:fs/promises'
import type { ContainerSpec } from '../../domain/container-spec.ts'
import { BerthError } from '../../domain/errors.ts'
import type { EngineInfo } from '../engine.ts'
import type { Dialect } from './dialect.ts'

const textOf = async (path: string): Promise<string> => {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (cause) {
    throw new BerthError('toolbox-missing', `${path}: the seccomp profile cannot be read`, { cause })
  }
}

/** The entry of HostConfig.SecurityOpt that gives the profile; null where none is asked for or none can be taken. */
export const seccompOption = async (
  { seccomp }: Pick<ContainerSpec, 'seccomp'>,
  info: Pick<EngineInfo, 'seccomp'>,
  how: Dialect['seccomp'],
): Promise<string | null> => {
  if (seccomp === undefined || !info.seccomp) return null
  return `seccomp=${how === 'text' ? await textOf(seccomp) : seccomp}`
}
