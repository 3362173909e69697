import type { ContainerSpec, Mount } from '../../domain/container-spec.ts'
import { cdiNames } from '../../domain/gpu-words.ts'
import { podmanTmpfs } from '../../domain/tmpfs-text.ts'
import type { EngineInfo } from '../engine.ts'
import { isLayer, layerOptions } from './layer-options.ts'
import { type ResourceLimits, resourceLimits } from './resource-limits.ts'

/** Podman's compatible API passes over devices of CDI, and rootless over limits of processes. */
export const needsLibpod = ({ gpus, ulimits }: ContainerSpec): boolean => gpus !== undefined || ulimits !== undefined

const mounts = (all: readonly Mount[], tmpfs: ContainerSpec['tmpfs'] = []) => ({
  mounts: [
    ...all
      .filter((mount) => !isLayer(mount))
      .map(({ source, target, readOnly }) => ({
        type: 'bind',
        source,
        destination: target,
        options: [readOnly ? 'ro' : 'rw', 'rprivate', 'rbind'],
      })),
    ...tmpfs.map((one) => ({
      type: 'tmpfs',
      source: 'tmpfs',
      destination: one.target,
      options: podmanTmpfs(one).split(','),
    })),
  ],
  overlay_volumes: all.filter(isLayer).map((layer) => {
    const [, ...own] = layerOptions(layer)
    return { source: layer.over.shared, destination: layer.target, options: own }
  }),
})

const CPU_PERIOD = 100_000

const resources = ({ memory, cpus, pids }: ResourceLimits) => ({
  ...(memory !== undefined && { memory: { limit: memory, swap: memory } }),
  ...(cpus !== undefined && { cpu: { period: CPU_PERIOD, quota: Math.round(cpus * CPU_PERIOD) } }),
  ...(pids !== undefined && { pids: { limit: pids } }),
})

const machine = ({ gpus, devices = [], publish = [], shmBytes }: ContainerSpec) => ({
  devices: [
    ...devices.map(({ source, target, access }) => ({ path: `${source}:${target}:${access}` })),
    ...(gpus === undefined ? [] : cdiNames(gpus).map((path) => ({ path }))),
  ],
  portmappings: publish.map(({ address, hostPort, port, protocol }) => ({
    host_ip: address,
    host_port: hostPort,
    container_port: port,
    protocol,
  })),
  ...(shmBytes !== undefined && { shm_size: shmBytes }),
})

/** The inspect names profiles and labels by annotations alone. */
const hardening = ({ readOnlyRoot, securityLabel, apparmor }: ContainerSpec, seccomp: string | null) => {
  const notes = { seccomp, label: securityLabel?.join(',label='), apparmor }
  return {
    ...(readOnlyRoot && { read_only_filesystem: true }),
    ...(seccomp !== null && { seccomp_profile_path: seccomp }),
    ...(securityLabel && { selinux_opts: securityLabel }),
    ...(apparmor !== undefined && { apparmor_profile: apparmor }),
    annotations: Object.fromEntries(
      Object.entries(notes).flatMap(([name, value]) =>
        value === undefined || value === null ? [] : [[`io.podman.annotations.${name}`, value]],
      ),
    ),
  }
}

/** The body of Podman's own create call: the same container as the compatible one would make, and what that cannot say. */
export const libpodBody = (
  spec: ContainerSpec,
  info: EngineInfo,
  { userns, seccomp }: { readonly userns: string; readonly seccomp: string | null },
) => ({
  name: spec.name,
  image: spec.image,
  entrypoint: spec.argv.slice(0, 1),
  command: spec.argv.slice(1),
  env: spec.env,
  user: `${spec.user.uid}:${spec.user.gid}`,
  work_dir: spec.workdir,
  create_working_dir: true,
  labels: spec.labels,
  healthconfig: { Test: ['NONE'] },
  log_configuration: { driver: info.logDriver },
  restart_policy: 'no',
  // As the compatible create has it: a removal ends the container at once.
  stop_timeout: 0,
  cap_drop: spec.capDrop,
  no_new_privileges: spec.noNewPrivileges,
  ...hardening(spec, seccomp),
  netns: { nsmode: spec.network === 'none' ? 'none' : 'bridge' },
  ...(userns !== '' && { userns: { nsmode: userns } }),
  resource_limits: resources(resourceLimits(spec, info)),
  r_limits: (spec.ulimits ?? []).map(({ name, soft, hard }) => ({ type: name, soft, hard })),
  ...mounts(spec.mounts, spec.tmpfs),
  ...machine(spec),
})
