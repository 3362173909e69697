import type { ContainerSpec } from '../../domain/container-spec.ts'
import type { EffectiveSettings } from '../../domain/effective-settings.ts'
import type { EngineInfo } from '../engine.ts'
import type { ProcessFacts } from './read-process.ts'
import type { WireContainer } from './wire-types.ts'

/** `differs`: what runs is not what was asked, and that matters. */
export type Compared = EffectiveSettings[number] & { readonly differs: boolean }

/** What a container is compared with its spec by. */
export type CheckInput = {
  readonly spec: ContainerSpec
  readonly info: EngineInfo
  readonly wire: WireContainer
  readonly process: ProcessFacts | undefined
  /** The option that was to give the seccomp profile; null: none was to be given, or the engine takes none. */
  readonly seccomp: string | null
}

/** A setting that must be as asked. */
export const compare = (setting: string, asked: string, effective: string, same = asked === effective): Compared => ({
  setting,
  asked,
  effective,
  enforced: same,
  differs: !same,
})
