import * as z from 'zod'

/** The engines' names of the limits of processes, and the kernel's in /proc/PID/limits. */
export const ULIMIT_TITLES = {
  core: 'core file size',
  cpu: 'cpu time',
  data: 'data size',
  fsize: 'file size',
  locks: 'file locks',
  memlock: 'locked memory',
  msgqueue: 'msgqueue size',
  nice: 'nice priority',
  nofile: 'open files',
  nproc: 'processes',
  rss: 'resident set',
  rtprio: 'realtime priority',
  rttime: 'realtime timeout',
  sigpending: 'pending signals',
  stack: 'stack size',
} as const

export type UlimitName = keyof typeof ULIMIT_TITLES

export const ULIMIT_NAMES = Object.keys(ULIMIT_TITLES) as [UlimitName, ...UlimitName[]]

export const ulimitName = z.enum(ULIMIT_NAMES)

export const isUlimit = (name: string): name is UlimitName => Object.hasOwn(ULIMIT_TITLES, name)
