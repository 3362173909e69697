import type { ContainerSpec } from '../domain/container-spec.ts'

/** Flags of `docker run` and `podman run`. Podman alone would mount folders in memory of its own choice. */
export const hardeningFlags = (kind: string, spec: ContainerSpec): readonly string[] => {
  const { readOnlyRoot, tmpfs = [], securityLabel = [], apparmor } = spec
  return [
    ...(readOnlyRoot ? ['--read-only', ...(kind === 'podman' ? ['--read-only-tmpfs=false'] : [])] : []),
    ...tmpfs.flatMap(({ target, options }) => ['--tmpfs', `${target}:${options.join(',')}`]),
    ...securityLabel.flatMap((option) => ['--security-opt', `label=${option}`]),
    ...(apparmor === undefined ? [] : ['--security-opt', `apparmor=${apparmor}`]),
  ]
}
