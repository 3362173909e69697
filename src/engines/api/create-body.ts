import type { ContainerSpec, Limit, Mount } from '../../domain/container-spec.ts'
import { BerthError } from '../../domain/errors.ts'
import { bindText } from '../../domain/mount-form.ts'
import type { EngineInfo } from '../engine.ts'
import type { Dialect } from './dialect.ts'
import { isLayer } from './layer-options.ts'

const enforceable = (info: EngineInfo, name: 'memory' | 'cpus' | 'pids', limit: Limit | null): number | undefined => {
  if (limit === null) return undefined
  if (info.limits[name]) return limit.value
  if (!limit.asked) return undefined
  throw new BerthError('engine-error', `--${name}: ${info.kind} ${info.version} cannot enforce this limit here`, {
    hint: 'Leave the flag out, or use an engine with its own cgroups (rootful, or rootless on cgroups v2).',
  })
}

const limits = (spec: ContainerSpec, info: EngineInfo) => {
  const memory = enforceable(info, 'memory', spec.memoryBytes)
  const cpus = enforceable(info, 'cpus', spec.cpus)
  const pids = enforceable(info, 'pids', spec.pids)
  return {
    ...(memory === undefined ? {} : { Memory: memory, MemorySwap: memory }),
    ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
    ...(pids === undefined ? {} : { PidsLimit: pids }),
  }
}

/** `seccomp`: the option that gives the profile, null where there is none to give. */
const userLimits = ({ userLimits: asked }: ContainerSpec, info: EngineInfo) =>
  asked === undefined || !info.ulimits
    ? {}
    : {
        Ulimits: Object.entries(asked)
          .toSorted()
          .map(([Name, value]) => ({ Name, Soft: value, Hard: value })),
      }

type Asked = Pick<Dialect, 'usernsMode' | 'layer' | 'mountForm' | 'tmpfs'> & { readonly seccomp: string | null }

const plain = (mount: Mount, mountForm: Dialect['mountForm']) => {
  if (mountForm(mount) === 'bind') return { bind: bindText(mount) }
  const { source, target, readOnly } = mount
  return { mount: { Type: 'bind', Source: source, Target: target, ReadOnly: readOnly } }
}

const mounts = (spec: ContainerSpec, { layer, mountForm }: Asked) => {
  const layers = spec.mounts.filter(isLayer).map((mount) => layer(mount, spec.labels))
  const all = [...layers, ...spec.mounts.filter((mount) => !isLayer(mount)).map((mount) => plain(mount, mountForm))]
  const binds = all.flatMap((one) => ('bind' in one ? [one.bind] : []))
  return {
    Mounts: all.flatMap((one) => ('mount' in one ? [one.mount] : [])),
    ...(binds.length > 0 && { Binds: binds }),
  }
}

const hardening = ({ readOnlyRoot, tmpfs, user }: ContainerSpec, asked: Asked) => ({
  ...(readOnlyRoot && { ReadonlyRootfs: true }),
  ...(tmpfs && { Tmpfs: Object.fromEntries(tmpfs.map((one) => [one.target, asked.tmpfs(one, user)])) }),
})

const userns = (mode: string) => (mode === '' ? {} : { UsernsMode: mode })

const hostConfig = (spec: ContainerSpec, info: EngineInfo, asked: Asked) => ({
  NetworkMode: spec.network === 'none' ? 'none' : 'default',
  // Read for the exit code and the log before we remove it ourselves; our init is argv[0].
  AutoRemove: false,
  Init: false,
  RestartPolicy: { Name: 'no' },
  LogConfig: { Type: info.logDriver, Config: {} },
  CapDrop: spec.capDrop,
  SecurityOpt: [
    ...(spec.noNewPrivileges ? ['no-new-privileges'] : []),
    ...(asked.seccomp === null ? [] : [asked.seccomp]),
    ...(spec.securityLabel ?? []).map((option) => `label=${option}`),
    ...(spec.apparmor === undefined ? [] : [`apparmor=${spec.apparmor}`]),
  ],
  ...mounts(spec, asked),
  ...hardening(spec, asked),
  ...userns(asked.usernsMode(spec, info)),
  ...limits(spec, info),
  ...userLimits(spec, info),
})

/** The body of POST /containers/create. Throws where a limit that was asked for cannot be enforced, or a path cannot be mounted. */
export const createBody = (spec: ContainerSpec, info: EngineInfo, asked: Asked) => ({
  Image: spec.image,
  Entrypoint: spec.argv.slice(0, 1),
  Cmd: spec.argv.slice(1),
  Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
  User: `${spec.user.uid}:${spec.user.gid}`,
  WorkingDir: spec.workdir,
  Labels: spec.labels,
  Tty: false,
  OpenStdin: false,
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Healthcheck: { Test: ['NONE'] },
  HostConfig: hostConfig(spec, info, asked),
})
