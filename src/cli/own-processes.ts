import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_MS = 50
/** A gateway lets go of its last connections for half a minute. */
const GRACE_MS = 35_000
const KILL_MS = 5000

const PROGRAMS: readonly string[] = ['supervisor.cjs', 'supervisor.js', 'gateway.js', 'token-daemon.js']

export type OwnProcess = { readonly pid: number; readonly name: string }

const wordsOf = (pid: number): readonly string[] => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

/** `supervisor`, `gateway` or `token-daemon` where the words of a command line are those of one that serves this state folder. */
export const ownName = (words: readonly string[], state: string): string | null => {
  const name = words.map((word) => basename(word)).find((word) => PROGRAMS.includes(word))
  return name !== undefined && words[words.indexOf('--state') + 1] === state ? name.replace(/\.c?js$/, '') : null
}

/** The supervisor, the gateways and the token daemons of a state folder. */
export const ownProcesses = (state: string): readonly OwnProcess[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      const pid = Number(entry)
      const name = ownName(wordsOf(pid), state)
      return name === null ? [] : [{ pid, name }]
    })

const isAlive = ({ pid, name }: OwnProcess, state: string): boolean => ownName(wordsOf(pid), state) === name

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Ends a process in its own way, then by force, and waits until it is gone. */
export const endProcess = async (one: OwnProcess, state: string): Promise<void> => {
  for (const [name, limit] of [['SIGTERM', GRACE_MS] as const, ['SIGKILL', KILL_MS] as const]) {
    signal(one.pid, name)
    for (let waited = 0; waited < limit && isAlive(one, state); waited += LOOK_MS) await sleep(LOOK_MS)
    if (!isAlive(one, state)) return
  }
  throw new Error(`process ${one.pid} does not end`)
}
