import type { ContainerSpec, Tmpfs } from '../domain/container-spec.ts'
import type { EngineKind } from '../domain/engine-kind.ts'
import { dockerTmpfs, podmanTmpfs } from '../domain/tmpfs-text.ts'

/** Flags of `docker run` and `podman run`. */
export const hardeningFlags = (kind: EngineKind, spec: ContainerSpec): readonly string[] => {
  const { readOnlyRoot, tmpfs = [], securityLabel = [], apparmor, user } = spec
  const textOf = (one: Tmpfs) => (kind === 'podman' ? podmanTmpfs(one) : dockerTmpfs(one, user))
  return [
    ...(readOnlyRoot ? ['--read-only'] : []),
    ...tmpfs.flatMap((one) => ['--tmpfs', `${one.target}:${textOf(one)}`]),
    ...securityLabel.flatMap((option) => ['--security-opt', `label=${option}`]),
    ...(apparmor === undefined ? [] : ['--security-opt', `apparmor=${apparmor}`]),
  ]
}
