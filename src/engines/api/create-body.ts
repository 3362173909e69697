import type { ContainerSpec, Mount } from '../../domain/container-spec.ts'
import { bindText } from '../../domain/mount-form.ts'
import type { EngineInfo } from '../engine.ts'
import type { Dialect } from './dialect.ts'
import { isLayer } from './layer-options.ts'
import { machineBody } from './machine-body.ts'
import { type ResourceLimits, resourceLimits } from './resource-limits.ts'

const limits = ({ memory, cpus, pids }: ResourceLimits) => ({
  ...(memory === undefined ? {} : { Memory: memory, MemorySwap: memory }),
  ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
  ...(pids === undefined ? {} : { PidsLimit: pids }),
})

/** What the user named comes before what Berth sets by itself. */
const ulimits = ({ userLimits, ulimits: named = [] }: ContainerSpec, info: EngineInfo) => {
  const own = info.ulimits
    ? Object.entries(userLimits ?? {}).map(([name, value]) => ({ name, soft: value, hard: value }))
    : []
  const all = new Map([...own, ...named].map((one) => [one.name, one]))
  const Ulimits = [...all.values()]
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard }))
  return Ulimits.length === 0 ? {} : { Ulimits }
}

/** `seccomp`: the option that gives the profile, null where there is none to give. */
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
  ...limits(resourceLimits(spec, info)),
  ...ulimits(spec, info),
  ...machineBody(spec, info).host,
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
  ...machineBody(spec, info).container,
  HostConfig: hostConfig(spec, info, asked),
})
