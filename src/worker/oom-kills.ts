import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** A container sees its own group at the mount's root, a process of the host below it. */
const files = (): readonly string[] => {
  const rows = (read('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'))
  const v1 = rows.find(([, controllers]) => controllers?.split(',').includes('memory'))?.[2]
  const v2 = rows.find(([id]) => id === '0')?.[2]
  const places = (root: string, path: string | undefined, file: string) =>
    path === undefined ? [] : [join(root, path, file), join(root, file)]
  return [
    ...places('/sys/fs/cgroup/memory', v1, 'memory.oom_control'),
    ...places('/sys/fs/cgroup', v2, 'memory.events'),
    ...places('/sys/fs/cgroup/unified', v2, 'memory.events'),
  ]
}

/** How many processes the kernel has killed in our control group for want of memory; undefined where it does not tell. */
export const oomKills = (): number | undefined => {
  for (const file of files()) {
    const count = /^oom_kill (\d+)$/m.exec(read(file) ?? '')?.[1]
    if (count !== undefined) return Number(count)
  }
  return undefined
}
