import { capabilitiesOf } from '../../domain/capabilities.ts'
import type { ContainerSpec, Limit } from '../../domain/container-spec.ts'
import { capabilitiesByInspect, heldInSpite, missingFrom } from './capabilities.ts'
import { type CheckInput, type Compared, compare } from './compared.ts'
import { effectiveHardening } from './effective-hardening.ts'
import { isLayer, type Layer, layersIn } from './layer-options.ts'
import { machineSettings } from './machine-settings.ts'

const user = ({ spec, wire, process }: CheckInput): Compared => {
  const asked = `${spec.user.uid}:${spec.user.gid}`
  const told = wire.Config?.User ?? ''
  const real = process === undefined || spec.userNamespace !== 'none' ? spec.user.uid : process.uid
  return compare(
    'user',
    asked,
    told === asked ? `${real}:${spec.user.gid}` : told,
    told === asked && real === spec.user.uid,
  )
}

const network = ({ spec, wire }: CheckInput): Compared => {
  const effective = wire.HostConfig?.NetworkMode ?? ''
  const same = spec.network === 'none' ? effective === 'none' : effective !== 'host' && effective !== 'none'
  return compare('network', spec.network, effective, same)
}

/** What a layer was mounted with: by the kernel's list of mounts, else as the engine has it of its own configuration. */
const optionsOf = ({ wire, process }: CheckInput, { target }: Layer): string => {
  if (process?.mounts !== undefined) {
    const lines = process.mounts.split('\n').map((line) => line.split(' '))
    return lines.findLast(([, at, kind]) => at === target && kind === 'overlay')?.[3] ?? ''
  }
  const { Mounts, Binds } = wire.HostConfig ?? {}
  const volume = (Mounts ?? []).find(({ Target }) => Target === target)?.VolumeOptions?.DriverConfig?.Options?.['o']
  return volume ?? (Binds ?? []).find((bind) => bind.includes(`:${target}:`))?.split(`:${target}:`)[1] ?? ''
}

const layer = (input: CheckInput, mount: Layer): Compared => {
  const there = (input.wire.Mounts ?? []).find(({ Destination }) => Destination === mount.target)
  const found = layersIn(optionsOf(input, mount))
  const words = (upper: string, lower: string, writable: boolean) =>
    `${upper} over ${lower} (${writable ? 'writable' : 'read-only'})`
  const wanted = words(mount.source, mount.over.shared, true)
  const effective =
    there === undefined || !found.has('upperdir')
      ? 'missing'
      : words(found.get('upperdir') ?? '', found.get('lowerdir') ?? '', there.RW === true)
  return compare(`mount ${mount.target}`, wanted, effective, effective === wanted)
}

const mounts = (input: CheckInput): readonly Compared[] => {
  const { spec, wire } = input
  const found = wire.Mounts ?? []
  const write = (source: string, readOnly: boolean) => `${source} (${readOnly ? 'read-only' : 'writable'})`
  const asked = spec.mounts.map((mount) => {
    if (isLayer(mount)) return layer(input, mount)
    const there = found.find(({ Destination }) => Destination === mount.target)
    const effective = there === undefined ? 'missing' : write(there.Source ?? '', there.RW !== true)
    const wanted = write(mount.source, mount.readOnly)
    return compare(`mount ${mount.target}`, wanted, effective, effective === wanted)
  })
  const known = new Set(spec.mounts.map(({ target }) => target))
  const others = found.filter(({ Type, Destination }) => Type === 'bind' && !known.has(Destination ?? ''))
  return [
    ...asked,
    ...others.map((m) => compare(`mount ${m.Destination}`, 'none', write(m.Source ?? '', m.RW !== true), false)),
  ]
}

const capabilities = ({ spec, wire, process }: CheckInput): Compared => {
  const { CapDrop, CapAdd, Privileged } = wire.HostConfig ?? {}
  const held =
    process === undefined ? capabilitiesByInspect(CapDrop ?? [], CapAdd ?? []) : capabilitiesOf(process.capabilities)
  const others = [...heldInSpite(spec.capDrop, held), ...missingFrom(spec.capDrop, held)]
  const same = others.length === 0 && Privileged !== true
  const effective = Privileged === true ? 'privileged' : held.length === 0 ? 'none' : held.join(' ')
  return compare(
    'capabilities',
    spec.capDrop.length === 0 ? 'default' : `without ${spec.capDrop.join(' ')}`,
    effective,
    same,
  )
}

const noNewPrivileges = ({ spec, wire, process }: CheckInput): Compared => {
  const told = (wire.HostConfig?.SecurityOpt ?? []).some((text) => /^no-new-privileges(?!.*false)/.test(text))
  const real = process?.noNewPrivileges ?? told
  return compare('no-new-privileges', `${spec.noNewPrivileges}`, `${real}`, real === spec.noNewPrivileges)
}

const filterOf = ({ ownSeccomp }: ContainerSpec) =>
  ownSeccomp === undefined ? "Berth's profile" : `the profile ${ownSeccomp.from}`
const ENGINES = "the engine's profile"

const enginesFilter = ({ info, wire, process }: CheckInput): Compared => {
  const named = (wire.HostConfig?.SecurityOpt ?? []).some((text) => /^seccomp[=:]/.test(text))
  const effective = process?.filtered === false ? 'none' : named ? 'another profile' : ENGINES
  const same = effective === ENGINES
  return { setting: 'seccomp', asked: ENGINES, effective, enforced: same, differs: !same && info.seccomp }
}

/** The engine's word for which profile it is, the kernel's that one is in force. */
const systemCalls = (input: CheckInput): readonly Compared[] => {
  const { spec, wire, process, seccomp } = input
  if (spec.seccomp === undefined) return [enginesFilter(input)]
  const wanted = filterOf(spec)
  if (seccomp === null)
    return [
      {
        setting: 'seccomp',
        asked: wanted,
        effective: "the engine's",
        enforced: false,
        differs: spec.ownSeccomp !== undefined,
      },
    ]
  const given = (wire.HostConfig?.SecurityOpt ?? []).includes(seccomp)
  const effective = process?.filtered === false ? 'none' : given ? wanted : 'another profile'
  return [compare('seccomp', wanted, effective)]
}

/** Kernels round limits down to their own units: a little less than asked is as asked. */
const limit = (name: string, asked: Limit | null, can: boolean, effective: number | null): readonly Compared[] => {
  if (asked === null) return []
  const enforced = can && effective !== null && effective <= asked.value * 1.001
  const shown = effective === null ? 'none' : `${effective}`
  return [
    { setting: name, asked: `${asked.value}`, effective: shown, enforced, differs: !enforced && (can || asked.asked) },
  ]
}

const limits = ({ spec, info, wire, process }: CheckInput): readonly Compared[] => {
  const told = (value: number | null | undefined) =>
    value === undefined || value === null || value <= 0 ? null : value
  const host = wire.HostConfig ?? {}
  const nano = told(host.NanoCpus)
  const pick = (real: number | null | undefined, by: number | null) => (real === undefined ? by : real)
  return [
    ...limit('memory', spec.memoryBytes, info.limits.memory, pick(process?.memoryBytes, told(host.Memory))),
    ...limit('cpus', spec.cpus, info.limits.cpus, pick(process?.cpus, nano === null ? null : nano / 1e9)),
    ...limit('pids', spec.pids, info.limits.pids, pick(process?.pids, told(host.PidsLimit))),
  ]
}

const userLimits = ({ spec, info, wire, process }: CheckInput): readonly Compared[] =>
  (['sigpending', 'msgqueue'] as const).flatMap((name) => {
    const asked = spec.userLimits?.[name]
    if (asked === undefined || spec.ulimits?.some((one) => one.name === name)) return []
    const told = (wire.HostConfig?.Ulimits ?? []).find(({ Name }) => Name === name)?.Hard ?? null
    const real = process?.userLimits[name]
    return limit(name, { value: asked, asked: false }, info.ulimits, real === undefined ? told : real)
  })

/** What runs beside what was asked: by the kernel where it can be read, else by the engine's word. */
export const effectiveSettings = (input: CheckInput): readonly Compared[] => [
  user(input),
  network(input),
  ...mounts(input),
  capabilities(input),
  noNewPrivileges(input),
  ...systemCalls(input),
  ...effectiveHardening(input),
  ...limits(input),
  ...userLimits(input),
  ...machineSettings(input),
]
