import { readdirSync, readFileSync } from 'node:fs'

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** State and process group, from the fields after the command's name, which may hold any character. */
const stat = (pid: number): { readonly state: string; readonly group: number } => {
  const text = read(`/proc/${pid}/stat`)
  const [state = '', , group = '0'] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state, group: Number(group) }
}

const isAlive = (pid: number) => !['', 'Z', 'X'].includes(stat(pid).state)

const pids = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

/** Everything that runs beside us and the init. */
export const livingInContainer = (): readonly number[] =>
  pids().filter((pid) => pid !== 1 && pid !== process.pid && isAlive(pid))

/** On a host: what is in the agent's process group or carries the task's mark in its environment. */
export const livingWithMark = (group: number, mark: string): readonly number[] =>
  pids().filter((pid) => {
    if (pid === process.pid || pid === process.ppid || pid === 1) return false
    const marked = stat(pid).group === group || `\0${read(`/proc/${pid}/environ`)}`.includes(`\0${mark}\0`)
    return marked && isAlive(pid)
  })

/**
 * Whether everything in our process namespace is ours to kill. A worker on a host may have become a child of pid 1
 * too, so that has to be the very init that was started with us as its command.
 */
export const isAlone = (): boolean => {
  if (process.pid === 1) return true
  const [, script = '', exchange = ''] = process.argv
  const init = read('/proc/1/cmdline').split('\0')
  return process.ppid === 1 && script !== '' && init.includes(script) && init.includes(exchange)
}
