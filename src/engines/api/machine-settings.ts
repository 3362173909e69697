import { isIPv6 } from 'node:net'
import type { Gpus } from '../../domain/container-spec.ts'
import { cdiNames, gpuWords } from '../../domain/gpu-words.ts'
import { publishWords } from '../../domain/publish-words.ts'
import { isUlimit, ULIMIT_TITLES } from '../../domain/ulimit-names.ts'
import { type CheckInput, type Compared, compare } from './compared.ts'
import type { WireHostConfig } from './wire-types.ts'

const hostOf = ({ wire }: CheckInput): WireHostConfig => wire.HostConfig ?? {}

/** Podman writes RLIMIT_NOFILE where Docker writes nofile. */
const ulimitName = (name: string | undefined) => (name ?? '').replace(/^RLIMIT_/, '').toLowerCase()

/** The kernel's soft and hard limit of the container's first process; undefined where it cannot be read. */
const kernelsLimit = ({ process }: CheckInput, name: string): string | undefined => {
  if (process?.limits === undefined || !isUlimit(name)) return undefined
  const [, soft, hard] = new RegExp(`^Max ${ULIMIT_TITLES[name]} +(\\S+) +(\\S+)`, 'm').exec(process.limits) ?? []
  return soft === undefined ? undefined : `${soft}:${hard}`
}

const ulimits = (input: CheckInput): readonly Compared[] =>
  (input.spec.ulimits ?? []).map(({ name, soft, hard }) => {
    const told = (hostOf(input).Ulimits ?? []).find((one) => ulimitName(one.Name) === name)
    const effective = kernelsLimit(input, name) ?? (told === undefined ? 'none' : `${told.Soft}:${told.Hard}`)
    return compare(`ulimit ${name}`, `${soft}:${hard}`, effective, effective === `${soft}:${hard}`)
  })

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** The size of the file system at /dev/shm, by the kernel's list of mounts. */
const kernelsShm = ({ process }: CheckInput): number | undefined => {
  const lines = (process?.mounts ?? '').split('\n').map((line) => line.split(' '))
  const options = lines.findLast(([, at]) => at === '/dev/shm')?.[3] ?? ''
  const [, digits, unit = ''] = /(?:^|,)size=(\d+)([kmg]?)/.exec(options) ?? []
  return digits === undefined ? undefined : Number(digits) * (UNITS[unit] ?? 1)
}

const PAGE = 4096

const shm = (input: CheckInput): readonly Compared[] => {
  const { shmBytes } = input.spec
  if (shmBytes === undefined) return []
  const effective = kernelsShm(input) ?? hostOf(input).ShmSize ?? 0
  // The kernel rounds up to pages.
  return [compare('shm-size', `${shmBytes}`, `${effective}`, Math.abs(effective - shmBytes) < PAGE)]
}

/** A rootless engine mounts the file, because nobody can make one there. */
const devices = (input: CheckInput): readonly Compared[] => {
  const mounted = new Set((input.process?.mounts ?? '').split('\n').map((line) => line.split(' ')[1]))
  const asked = (input.spec.devices ?? []).map(({ source, target, access }) => {
    const told = (hostOf(input).Devices ?? []).find(({ PathInContainer }) => PathInContainer === target)
    const rights = told?.CgroupPermissions || access
    const found = told === undefined ? undefined : `${told.PathOnHost || source} (${rights})`
    const effective = found ?? (mounted.has(target) ? `${source} (${access})` : 'missing')
    return compare(`device ${target}`, `${source} (${access})`, effective, effective === `${source} (${access})`)
  })
  const known = new Set(input.spec.devices?.map(({ target }) => target))
  const others = input.spec.gpus === undefined ? (hostOf(input).Devices ?? []) : []
  return [
    ...asked,
    ...others
      .filter(({ PathInContainer }) => !known.has(PathInContainer ?? ''))
      .map(({ PathOnHost, PathInContainer }) => compare(`device ${PathInContainer}`, 'none', `${PathOnHost}`, false)),
  ]
}

const ports = (input: CheckInput): readonly Compared[] => {
  const asked = input.spec.publish ?? []
  const told = Object.entries(hostOf(input).PortBindings ?? {}).flatMap(([name, bindings]) =>
    (bindings ?? []).map(({ HostIp, HostPort }) => {
      const address = HostIp === undefined || HostIp === '' ? '0.0.0.0' : HostIp
      return `${isIPv6(address) ? `[${address}]` : address}:${HostPort}:${name}`
    }),
  )
  const words = asked.map(publishWords)
  return [
    ...words.map((one) => compare(`publish ${one}`, one, told.includes(one) ? one : 'missing', told.includes(one))),
    ...told.filter((one) => !words.includes(one)).map((one) => compare(`publish ${one}`, 'none', one, false)),
  ]
}

/** Podman tells nothing of CDI but the device files: it gives all that the names mean, or does not start. */
const byCdi = (input: CheckInput, asked: Gpus): Compared => {
  const own = new Set(input.spec.devices?.map(({ target }) => target))
  const files = (hostOf(input).Devices ?? []).flatMap(({ PathInContainer = '' }) =>
    own.has(PathInContainer) ? [] : [PathInContainer],
  )
  const effective = `${cdiNames(asked).join(' ')}${files.length === 0 ? ', given to the engine' : `: ${files.join(' ')}`}`
  return { setting: 'gpus', asked: gpuWords(asked), effective, enforced: true, differs: false }
}

/** Docker tells the request. */
const gpus = (input: CheckInput): readonly Compared[] => {
  const asked = input.spec.gpus
  const requests = hostOf(input).DeviceRequests ?? []
  if (asked === undefined)
    return requests.length === 0 ? [] : [compare('gpus', 'none', JSON.stringify(requests), false)]
  if (input.info.gpus === 'cdi') return [byCdi(input, asked)]
  const [first] = requests
  const ids = first?.DeviceIDs ?? []
  const effective =
    first === undefined
      ? 'none'
      : ids.length > 0
        ? `device=${ids.join(',')}`
        : first.Count === -1
          ? 'all'
          : `${first.Count}`
  return [compare('gpus', gpuWords(asked), effective, effective === gpuWords(asked))]
}

const runtime = (input: CheckInput): readonly Compared[] => {
  const asked = input.spec.runtime
  if (asked === undefined) return []
  const effective = hostOf(input).Runtime ?? ''
  return [compare('runtime', asked, effective, effective === asked)]
}

/** What the user asked of the machine for the container beside what runs. */
export const machineSettings = (input: CheckInput): readonly Compared[] => [
  ...ulimits(input),
  ...shm(input),
  ...gpus(input),
  ...devices(input),
  ...ports(input),
  ...runtime(input),
]
