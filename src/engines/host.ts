import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import type { ContainerSpec } from '../domain/container-spec.ts'
import type { EffectiveSettings } from '../domain/effective-settings.ts'
import { BerthError } from '../domain/errors.ts'
import { unlessAborted } from '../std/abort.ts'
import { isProgram } from '../std/find-program.ts'
import { removeTree } from '../std/remove-tree.ts'
import type { ContainerInfo, Engine, EngineEvent, EngineInfo } from './engine.ts'
import { changes } from './host/changes.ts'
import {
  endLostContainer,
  FILE,
  type HostContainer,
  killHostContainer,
  markOf,
  readHostContainer,
  writeHostContainer,
} from './host/host-container.ts'
import { hostExec, hostExecDetached } from './host/host-exec.ts'
import { hostLog } from './host/host-log.ts'
import { WRAPPER } from './host/wrapper.ts'

const START_MS = 60_000
const REMOVE_MS = 10_000
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/
const GO_ARCH: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

const failed = (message: string, cause?: unknown) => new BerthError('engine-error', `host: ${message}`, { cause })
const gone = (id: string) => failed(`${id} is not there`)
const refuse = (what: string) => {
  throw failed(`${what}: --isolation host cannot do that without a container`)
}

/** False where the process has ended meanwhile. */
const signalled = (pid: number, signal: string): boolean => {
  try {
    return process.kill(pid, signal as NodeJS.Signals)
  } catch {
    return false
  }
}

const limited = (signal: AbortSignal | undefined, ms: number) =>
  AbortSignal.any([AbortSignal.timeout(ms), ...(signal === undefined ? [] : [signal])])

const isPart = (part: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>) =>
  Object.entries(part).every(([name, value]) => labels[name] === value)

/** What cannot be had here and was asked for. */
const refuseUnfit = ({ user, mounts, memoryBytes, cpus, pids }: ContainerSpec) => {
  if (user.uid !== process.getuid?.()) refuse(`run as the user ${user.uid}`)
  if (mounts.length > 0) refuse(`mount ${mounts[0]?.source}`)
  if (memoryBytes?.asked) refuse('limit memory')
  if (cpus?.asked) refuse('limit cpus')
  if (pids?.asked) refuse('limit pids')
}

/** What was asked of a sandbox, beside what there is: none. */
const settingsOf = ({
  user,
  network,
  memoryBytes,
  cpus,
  pids,
  capDrop,
  noNewPrivileges,
}: ContainerSpec): EffectiveSettings => {
  const same = (setting: string, value: string) => ({ setting, asked: value, effective: value, enforced: true })
  const none = (setting: string, asked: string, effective = 'none') => ({ setting, asked, effective, enforced: false })
  const limits = Object.entries({ memory: memoryBytes, cpus, pids })
  return [
    same('user', `${user.uid}:${user.gid}`),
    network === 'none' ? none('network', 'none', 'engine') : same('network', 'engine'),
    ...(capDrop.length === 0 ? [] : [none('capabilities', 'none', "the caller's")]),
    ...(noNewPrivileges ? [none('no-new-privileges', 'true', 'false')] : []),
    ...limits.flatMap(([name, limit]) => (limit === null ? [] : [none(name, String(limit.value))])),
  ]
}

const info = async (): Promise<EngineInfo> => ({
  kind: 'host',
  version: release(),
  apiVersion: '',
  rootless: process.getuid?.() !== 0,
  architecture: GO_ARCH[process.arch] ?? process.arch,
  cgroup: existsSync('/sys/fs/cgroup/cgroup.controllers') ? 'v2' : 'v1',
  limits: { memory: false, cpus: false, pids: false },
  userNamespace: 'none',
  logDriver: 'files',
  inotifyLogs: false,
  layers: false,
  ulimits: false,
  gpus: 'none',
  runtimes: [],
  seccomp: false,
  selinux: false,
  apparmor: false,
  sandbox: false,
})

const begin = ({ name, folder, spec }: HostContainer): Promise<never> => {
  const [program = ''] = spec.argv
  if (!isProgram(program)) throw failed(`start ${name}: ${program}: there is no such program`)
  const child = spawn('/bin/sh', ['-c', WRAPPER, 'berth', folder, markOf(spec), ...spec.argv], {
    cwd: spec.workdir,
    env: { ...spec.env },
    detached: true,
    stdio: 'ignore',
  })
  child.unref()
  return new Promise((_, reject) => {
    child.once('error', (error) => reject(failed(`start ${name} in ${spec.workdir}: ${error.message}`, error)))
  })
}

/** Resolves when it runs, has ended or has gone. */
const begun = async (root: string, { name, folder }: HostContainer, signal: AbortSignal): Promise<void> => {
  for await (const _ of changes(folder, signal)) {
    const now = readHostContainer(root, name)
    if (now === undefined || now.info.exit !== null || now.info.pid !== null) return
  }
}

/** The processes of the host's containers. */
const lifeCalls = (
  root: string,
): Pick<Engine, 'create' | 'start' | 'wait' | 'kill' | 'inspect' | 'remove' | 'list' | 'check'> => {
  const containerOf = async (id: string): Promise<HostContainer | undefined> => {
    const container = NAME.test(id) ? readHostContainer(root, id) : undefined
    if (container !== undefined) await endLostContainer(container)
    return container
  }
  const need = async (id: string): Promise<HostContainer> => {
    const container = await containerOf(id)
    if (container === undefined) throw gone(id)
    return container
  }
  return {
    async create(spec) {
      if (!NAME.test(spec.name)) throw failed(`${spec.name} is no name`)
      const there = await containerOf(spec.name)
      if (there === undefined) {
        refuseUnfit(spec)
        writeHostContainer(root, spec)
      } else if (!isPart(spec.labels, there.spec.labels)) {
        throw failed(`the name ${spec.name} is taken`)
      }
      return spec.name
    },
    async start(id, signal) {
      const container = await need(id)
      if (container.info.state === 'exited') return
      const up = begun(root, container, limited(signal, START_MS))
      await (container.info.state === 'created' ? Promise.race([up, begin(container)]) : up)
    },
    async wait(id, signal) {
      for await (const _ of changes(join(root, id), signal, FILE.exit)) {
        const { info } = await need(id)
        if (info.exit !== null) return info.exit
      }
      throw gone(id)
    },
    async kill(id, killSignal) {
      const container = await containerOf(id)
      if (container?.info.pid == null) return false
      if (killSignal === 'SIGKILL') await killHostContainer(container)
      else return signalled(container.info.pid, killSignal)
      return true
    },
    async inspect(id): Promise<ContainerInfo | undefined> {
      return (await containerOf(id))?.info
    },
    async check(id, spec) {
      const { info } = await need(id)
      refuseUnfit(spec)
      return { settings: settingsOf(spec), pid: info.pid }
    },
    async remove(id, signal) {
      const container = await containerOf(id)
      if (container === undefined) return
      if (container.info.state === 'running') {
        await killHostContainer(container)
        for await (const _ of changes(container.folder, limited(signal, REMOVE_MS), FILE.exit))
          if (readHostContainer(root, id)?.info.exit !== null) break
      }
      await removeTree(container.folder)
    },
    async list(labels) {
      const names = existsSync(root) ? readdirSync(root).sort() : []
      const containers = await Promise.all(names.map(containerOf))
      return containers.flatMap((container) =>
        container !== undefined && isPart(labels, container.spec.labels) ? [container.info] : [],
      )
    },
  }
}

/** No events are told here: nothing comes until the signal, and nothing was. */
const silence = (signal: AbortSignal, over: boolean): AsyncIterable<EngineEvent> => ({
  [Symbol.asyncIterator]: () => ({
    next: () =>
      unlessAborted(over ? Promise.resolve({ done: true, value: undefined }) : new Promise<never>(() => {}), signal),
  }),
})

/**
 * This machine as an engine: a container is a process of the caller's with a folder of its own below `root`, without a
 * sandbox. What only a container can do is refused where it was asked for, and told by `info` and `check`.
 */
export const host = ({ root }: { readonly root: string }): Engine => {
  const life = lifeCalls(root)
  const turns = async function* (id: string, follow: boolean, signal: AbortSignal) {
    for await (const _ of changes(join(root, id), signal)) {
      const found = await life.inspect(id)
      if (found === undefined) throw gone(id)
      yield { over: !follow || found.exit !== null }
    }
  }
  const running = (id: string, program = '') => {
    const container = readHostContainer(root, id)
    if (container?.info.state !== 'running') throw failed(`run ${program}: ${id} does not run`)
    return { mark: markOf(container.spec), workdir: container.spec.workdir }
  }
  return {
    endpoint: root,
    info,
    ...life,
    image: async () => undefined,
    images: async () => [],
    pull: (reference) => refuse(`pull ${reference}`),
    push: ({ reference }) => refuse(`push ${reference}`),
    logs: (id, { follow }, signal) => hostLog(join(root, id), turns(id, follow, signal)),
    exec: async (id, options, signal) => {
      const { mark, workdir } = running(id, options.argv[0])
      return hostExec({ ...options, workdir: options.workdir ?? workdir }, mark, signal)
    },
    execDetached: async (id, options) => {
      const { mark, workdir } = running(id, options.argv[0])
      await hostExecDetached({ ...options, workdir: options.workdir ?? workdir }, mark)
    },
    putArchive: async (id) => refuse(`put files into ${id}`),
    getArchive: (id) => refuse(`take files out of ${id}`),
    events: (_, signal, range) => silence(signal, range?.until !== undefined),
    stats: async () => null,
    [Symbol.asyncDispose]: async () => {},
  }
}
