import { carries, commandLine, descendants, processes } from '../std/processes.ts'

/** Everything that runs beside us and the init. */
export const liveInContainer = (): readonly number[] =>
  processes()
    .map(({ pid }) => pid)
    .filter((pid) => pid !== 1 && pid !== process.pid)

/** True for the process that was started with us as its command: an init, or the wrapper of a host container. */
const startedWithUs = (pid: number): boolean => {
  const [, script = '', exchange = ''] = process.argv
  const words = commandLine(pid)
  return script !== '' && words.includes(script) && words.includes(exchange)
}

/**
 * On a host: what is in the agent's process group, carries the task's mark in its environment, or was started by one of
 * ours; orphans too, where an init was started with us that takes them in.
 */
export const liveWithMark = (group: number, mark: string): readonly number[] => {
  const all = processes()
  const root = process.ppid !== 1 && startedWithUs(process.ppid) ? process.ppid : process.pid
  const ours = descendants(all, root)
  return all.flatMap((row) => {
    if (row.pid === process.pid || row.pid === process.ppid || row.pid === 1) return []
    return row.group === group || ours.has(row.pid) || carries(row.pid, mark) ? [row.pid] : []
  })
}

/**
 * Whether everything in our process namespace is ours to kill. A worker on a host may have become a child of pid 1
 * too, so that has to be the very init that was started with us as its command.
 */
export const isAlone = (): boolean => process.pid === 1 || (process.ppid === 1 && startedWithUs(1))
