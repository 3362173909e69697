import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ContainerSpec, LABEL } from '../../domain/container-spec.ts'
import {
  carries,
  descendants,
  killUntilGone,
  type ProcessRow,
  parseStat,
  processes,
  processOf,
} from '../../std/processes.ts'
import type { ContainerExit, ContainerInfo } from '../engine.ts'

/** Files of a host container's folder. `begun` is a folder: it can be made once only. */
export const FILE = {
  spec: 'spec.json',
  begun: 'begun',
  wrapper: 'wrapper',
  process: 'process',
  exit: 'exit',
  stdout: 'stdout',
  stderr: 'stderr',
} as const

const KILL_MS = 5000
/** A wrapper that has begun has its number written long before. */
const BEGIN_MS = 60_000
const KILLED = 128 + 9

export type HostContainer = {
  readonly name: string
  readonly folder: string
  readonly spec: ContainerSpec
  readonly info: ContainerInfo
  readonly wrapper: number | null
  /** It began, and nobody is there to write down its end. */
  readonly lost: boolean
}

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const timeOf = (path: string): Date | undefined => statSync(path, { throwIfNoEntry: false })?.mtime

/** The process whose line of /proc is in the file; undefined as long as the line is not whole. */
const notedIn = (path: string): ProcessRow | undefined => {
  const text = read(path)
  return text?.endsWith('\n') === true ? parseStat(text) : undefined
}

/** Its pid, where it is still the same one. */
const alive = (noted: ProcessRow | undefined): number | null =>
  noted !== undefined && processOf(noted.pid)?.began === noted.began ? noted.pid : null

const exitOf = (folder: string): ContainerExit | null => {
  const text = read(join(folder, FILE.exit))
  if (text?.endsWith('\n') !== true) return null
  return { code: Number(text), oom: false, error: null }
}

const LOST: ContainerExit = { code: KILLED, oom: false, error: 'the process that watches the agent was killed' }

/** What stands in a host container's folder, and what runs of it. Undefined where there is none. */
export const readHostContainer = (root: string, name: string): HostContainer | undefined => {
  const folder = join(root, name)
  const text = read(join(folder, FILE.spec))
  if (text === undefined) return undefined
  const spec = JSON.parse(text) as ContainerSpec
  const begunAt = timeOf(join(folder, FILE.begun))
  const noted = notedIn(join(folder, FILE.wrapper))
  const wrapper = alive(noted)
  // Read after the wrapper was looked for: it writes this last.
  const written = exitOf(folder)
  const lost =
    begunAt !== undefined &&
    written === null &&
    wrapper === null &&
    (noted !== undefined || Date.now() - begunAt.getTime() > BEGIN_MS)
  const exit = written ?? (lost ? LOST : null)
  const state = exit !== null ? 'exited' : begunAt === undefined ? 'created' : 'running'
  const info: ContainerInfo = {
    id: name,
    name,
    state,
    pid: state === 'running' ? alive(notedIn(join(folder, FILE.process))) : null,
    image: spec.image,
    exit,
    startedAt: begunAt?.toISOString() ?? null,
    finishedAt: exit === null ? null : (timeOf(join(folder, FILE.exit)) ?? new Date()).toISOString(),
    labels: spec.labels,
  }
  return { name, folder, spec, info, wrapper, lost }
}

/** Makes the folder with its spec, whole or not at all. */
export const writeHostContainer = (root: string, spec: ContainerSpec): void => {
  const folder = join(root, spec.name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const temporary = join(folder, `${FILE.spec}.${process.pid}`)
  writeFileSync(temporary, JSON.stringify(spec), { mode: 0o600 })
  renameSync(temporary, join(folder, FILE.spec))
}

/** What a host container's processes, and all that they start, have in their environment. */
export const markOf = (spec: ContainerSpec): string => `BERTH_TASK=${spec.labels[LABEL.task] ?? spec.name}`

/** Every process of a container: by its mark, also in groups of their own, and by its parents, also without the mark. */
const liveProcesses = (container: HostContainer): readonly number[] => {
  const all = processes()
  const first = alive(notedIn(join(container.folder, FILE.process)))
  const own = new Set([
    ...(container.wrapper === null ? [] : descendants(all, container.wrapper)),
    ...(first === null ? [] : [first, ...descendants(all, first)]),
  ])
  const mark = markOf(container.spec)
  return all
    .map(({ pid }) => pid)
    .filter((pid) => pid !== process.pid && pid !== container.wrapper && (own.has(pid) || carries(pid, mark)))
}

/** Kills all of a container but its wrapper, which notes the end. */
export const killHostContainer = (container: HostContainer): Promise<void> =>
  killUntilGone(() => liveProcesses(container), KILL_MS)

/** Brings a lost container to its end: nothing of it runs, and the end is on record. */
export const endLostContainer = async (container: HostContainer): Promise<void> => {
  if (!container.lost) return
  await killHostContainer(container)
  try {
    writeFileSync(join(container.folder, FILE.exit), `${KILLED}\n`, { mode: 0o600 })
  } catch {
    // It is told all the same.
  }
}
