import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_MS = 5

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

export type ProcessRow = {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** Ticks since the machine's start: with the pid it names one process. */
  readonly began: string
}

/** A line of /proc/PID/stat; its command may hold any character. Undefined for what has ended. */
export const parseStat = (text: string): ProcessRow | undefined => {
  const [state = '', parent, group, session, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const began = rest[15]
  if (began === undefined || ['Z', 'X'].includes(state)) return undefined
  return {
    pid: Number.parseInt(text, 10),
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    began,
  }
}

/** The process with this pid, where it runs. */
export const processOf = (pid: number): ProcessRow | undefined => parseStat(read(`/proc/${pid}/stat`))

/** Every process that runs here. */
export const processes = (): readonly ProcessRow[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processOf(Number(name)) ?? [])

/** True where the process was started with NAME=VALUE in its environment. */
export const carries = (pid: number, mark: string): boolean =>
  `\0${read(`/proc/${pid}/environ`)}`.includes(`\0${mark}\0`)

/** The words of a process' command line. */
export const commandLine = (pid: number): readonly string[] => read(`/proc/${pid}/cmdline`).split('\0')

/** Pids of a process' children, their children and so on. */
export const descendants = (all: readonly ProcessRow[], root: number): ReadonlySet<number> => {
  const found = new Set<number>([root])
  for (let size = 0; size !== found.size; ) {
    size = found.size
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid)
  }
  found.delete(root)
  return found
}

/** Kills what `find` gives until it gives nothing; looks again after each round, for what forked meanwhile. */
export const killUntilGone = async (find: () => readonly number[], limitMs: number): Promise<void> => {
  for (const until = Date.now() + limitMs; Date.now() < until; await sleep(LOOK_MS)) {
    const left = find()
    if (left.length === 0) return
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It was faster.
      }
    }
  }
}
