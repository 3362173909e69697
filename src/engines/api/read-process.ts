import { readFile } from 'node:fs/promises'

/** What the kernel says of a container's first process and of its cgroup; a limit is null where there is none. */
export type ProcessFacts = {
  readonly uid: number
  readonly capabilities: string
  readonly noNewPrivileges: boolean
  /** A filter of system calls is in force. */
  readonly filtered: boolean
  /** Lines of device, target, kind, options; undefined where they cannot be read. */
  readonly mounts: string | undefined
  /** Of SELinux or AppArmor; undefined where the kernel has neither. */
  readonly label?: string | undefined
  /** The kernel's table of the limits of processes; undefined where it cannot be read. */
  readonly limits: string | undefined
  /** Of the user, over all its processes. */
  readonly userLimits: Readonly<Record<'sigpending' | 'msgqueue', number | null | undefined>>
  readonly memoryBytes: number | null | undefined
  readonly cpus: number | null | undefined
  readonly pids: number | null | undefined
}

const CGROUPS = '/sys/fs/cgroup'
const ENDLESS = 2 ** 60

const read = (path: string) => readFile(path, 'utf8').catch(() => undefined)

const number = (text: string | undefined): number | null | undefined => {
  if (text === undefined) return undefined
  const value = Number(text.trim())
  return Number.isFinite(value) && value >= 0 && value < ENDLESS ? value : null
}

const quota = (words: readonly (string | undefined)[]): number | null | undefined => {
  const [limit, period] = words.map(number)
  if (limit === undefined || period === undefined) return undefined
  return limit === null || period === null ? null : limit / period
}

/** Limits out of the cgroup's files; null where the process is in no cgroup of its own container. */
const readLimits = async (cgroup: string, id: string) => {
  const lines = cgroup.split('\n').map((line) => line.split(':'))
  const folder = (controller: string): string | null => {
    const old = lines.find((parts) => parts[1]?.split(',').includes(controller))
    const [, name, path] = old ?? lines.find((parts) => parts[0] === '0') ?? []
    return path?.includes(id) === true ? `${CGROUPS}/${name}${path}` : null
  }
  const v2 = !lines.some((parts) => parts[1]?.split(',').includes('memory'))
  const [memory, cpu, pids] = [folder('memory'), folder('cpu'), folder('pids')]
  const cpuWords = async (): Promise<readonly (string | undefined)[]> => {
    if (v2) return (await read(`${cpu}/cpu.max`))?.trim().split(' ') ?? []
    return await Promise.all([read(`${cpu}/cpu.cfs_quota_us`), read(`${cpu}/cpu.cfs_period_us`)])
  }
  const [memoryText, cpuText, pidsText] = await Promise.all([
    memory === null ? 'none' : read(`${memory}/${v2 ? 'memory.max' : 'memory.limit_in_bytes'}`),
    cpu === null ? ['none', 'none'] : cpuWords(),
    pids === null ? 'none' : read(`${pids}/pids.max`),
  ])
  return { memoryBytes: number(memoryText), cpus: quota(cpuText), pids: number(pidsText) }
}

const labelOf = (text: string | undefined): string | undefined => text?.replace(/[\0\n]+$/, '') || undefined

/**
 * Undefined where the pid is of another machine or cannot be read: the parent of a container's first process is the
 * engine's monitor, which has the container's id on its command line.
 */
export const readProcess = async (pid: number, id: string): Promise<ProcessFacts | undefined> => {
  const [status, cgroup, mounts, hard, label] = await Promise.all(
    ['status', 'cgroup', 'mounts', 'limits', 'attr/current'].map((name) => read(`/proc/${pid}/${name}`)),
  )
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status ?? '')?.[1]
  const hardLimit = (name: string) => number(new RegExp(`^Max ${name} +\\S+ +(\\S+)`, 'm').exec(hard ?? '')?.[1])
  const userLimits = { sigpending: hardLimit('pending signals'), msgqueue: hardLimit('msgqueue size') }
  const monitor = await read(`/proc/${field('PPid') ?? 'none'}/cmdline`)
  const [uid, held, bound] = [field('Uid'), field('CapEff'), field('CapBnd')]
  if (monitor?.includes(id) !== true || uid === undefined || held === undefined || bound === undefined) return undefined
  const capabilities = (BigInt(`0x${held}`) | BigInt(`0x${bound}`)).toString(16)
  const ofGroup = await readLimits(cgroup ?? '', id)
  const [noNewPrivileges, filtered] = [field('NoNewPrivs') === '1', field('Seccomp') === '2']
  return {
    uid: Number(uid),
    capabilities,
    noNewPrivileges,
    filtered,
    mounts,
    label: labelOf(label),
    limits: hard,
    userLimits,
    ...ofGroup,
  }
}
