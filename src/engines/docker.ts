import { hostname, release } from 'node:os'
import { dockerTmpfs } from '../domain/tmpfs-text.ts'
import { apiEngine, type EngineOptions } from './api/api-engine.ts'
import { goArchitecture } from './api/container-info.ts'
import type { Dialect } from './api/dialect.ts'
import { layerOptions } from './api/layer-options.ts'
import type { Engine, EngineInfo } from './engine.ts'
import { QUICK_MS } from './http/call.ts'

type Info = {
  readonly ServerVersion?: string
  readonly KernelVersion?: string
  readonly Name?: string
  readonly Architecture?: string
  readonly CgroupVersion?: string
  readonly MemoryLimit?: boolean
  readonly CpuCfsQuota?: boolean
  readonly PidsLimit?: boolean
  readonly Runtimes?: Readonly<Record<string, unknown>> | null
  readonly SecurityOptions?: readonly string[] | null
}

/** From here on dockerd wakes those who follow a log by itself. */
const NO_INOTIFY = 23

const dialect: Dialect = {
  kind: 'docker',
  async info(connection, signal): Promise<EngineInfo> {
    const doing = 'ask what it can'
    const found = await connection.json<Info>({ method: 'GET', path: '/info', signal, limitMs: QUICK_MS, doing })
    const rootless = (found.SecurityOptions ?? []).some((option) => option.includes('name=rootless'))
    return {
      kind: 'docker',
      version: found.ServerVersion ?? '',
      apiVersion: (await connection.greet(signal)).api,
      rootless,
      architecture: goArchitecture(found.Architecture ?? ''),
      cgroup: found.CgroupVersion === '2' ? 'v2' : 'v1',
      limits: {
        memory: found.MemoryLimit === true,
        cpus: found.CpuCfsQuota === true,
        pids: found.PidsLimit === true,
      },
      userNamespace: rootless ? 'root-is-caller' : 'none',
      logDriver: 'json-file',
      inotifyLogs: Number.parseInt(found.ServerVersion ?? '', 10) < NO_INOTIFY && found.KernelVersion === release(),
      // A rootless one is not measured.
      layers: !rootless,
      ulimits: true,
      gpus: 'requests',
      runtimes: Object.keys(found.Runtimes ?? {}),
      seccomp: (found.SecurityOptions ?? []).some((option) => option.includes('name=seccomp')),
      selinux: (found.SecurityOptions ?? []).some((option) => option.includes('name=selinux')),
      apparmor: (found.SecurityOptions ?? []).some((option) => option.includes('name=apparmor')),
      sameHost: found.KernelVersion === release() && found.Name === hostname(),
      sandbox: true,
    }
  },
  // A daemon with userns-remap would give the files of a mount to ids of its own.
  usernsMode: (spec) => (spec.userNamespace === 'root-is-caller' ? '' : 'host'),
  // A volume without a name goes with its container. With `redirect_dir` a folder of the shared tree can be renamed.
  layer: (layer, labels) => {
    const o = [...layerOptions(layer), 'redirect_dir=on'].join(',')
    const driver = { Name: 'local', Options: { type: 'overlay', device: 'overlay', o } }
    const options = { NoCopy: true, Labels: labels, DriverConfig: driver }
    return { mount: { Type: 'volume', Target: layer.target, ReadOnly: false, VolumeOptions: options } }
  },
  mountForm: () => 'mount',
  tmpfs: dockerTmpfs,
  nameTaken: ({ status, words }) => status === 409 && words.includes('already in use'),
  notRunning: ({ status, words }) => status === 409 && words.includes('is not running'),
  seccomp: 'text',
  followEndsEarly: false,
  makesMissingFolders: false,
  action: (action) => action,
}

/** Docker, rootful or rootless. */
export const docker = (options: EngineOptions): Engine => apiEngine(dialect, options)
