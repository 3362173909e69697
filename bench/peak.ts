import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const field = (pid: number, name: string): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) * 1024
}

/** Resident bytes of a process: now, and the most since `reset`. */
export const peakOf = (pid: number) => ({
  rss: () => field(pid, 'VmRSS'),
  peak: () => field(pid, 'VmHWM'),
  reset: () => writeFileSync(`/proc/${pid}/clear_refs`, '5'),
})

/** Runs a program to its end, its output thrown away: the most bytes that it had resident. */
export const peakRun = async (
  file: string,
  args: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly cwd: string },
): Promise<number> => {
  const { cwd, env } = options
  const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: 'ignore' })
  const over = new Promise((resolve) => {
    child.once('close', resolve)
  })
  let most = 0
  while (child.exitCode === null && child.signalCode === null) {
    try {
      most = Math.max(most, peakOf(child.pid ?? 0).peak())
    } catch {
      // It has just ended.
    }
    await Promise.race([over, sleep(10)])
  }
  return most
}
