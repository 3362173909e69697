import { readFileSync } from 'node:fs'
import type { Check } from './check.ts'

const SETTING = 'fs.inotify.max_user_instances'
const FILE = '/proc/sys/fs/inotify/max_user_instances'
/** What scripts/engines.sh sets, too. */
const ENOUGH = 1024

type Asked = { readonly kind: string; readonly version?: string; readonly inotifyLogs: boolean }

/** What is advised where many programs of a user watch files. */
const AMPLE = 8192

const limit = (): number => {
  try {
    return Number(readFileSync(FILE, 'utf8'))
  } catch {
    return Number.NaN
  }
}

/** Whether the kernel lets an engine of this machine watch the logs of many tasks; nothing where none needs to be let. */
export const inotifyCheck = (engines: readonly Asked[], allowed = limit()): readonly Check[] => {
  const asked = engines.find(({ inotifyLogs }) => inotifyLogs)
  if (asked === undefined || Number.isNaN(allowed)) return []
  const ok = allowed >= ENOUGH
  const late = ok ? '' : '; with more tasks at once, events come up to 0.2 s late'
  return [
    {
      name: 'inotify',
      ok,
      detail: `${asked.kind} ${asked.version} uses one inotify instance for each live task, and a user may have ${allowed}${late}`,
      fix: ok
        ? null
        : `For more than ${Math.round(allowed / 2)} tasks at once: \`sudo sysctl -w ${SETTING}=${ENOUGH}\`, and the same line in a file of /etc/sysctl.d to keep it.`,
    },
  ]
}

/** Processes of every container are one user of the kernel: of what it counts for a user, one task can take all. */
export const sharedUserCheck = (engines: readonly unknown[], allowed = limit()): readonly Check[] => {
  if (engines.length === 0 || Number.isNaN(allowed)) return []
  const more = allowed >= AMPLE ? '' : `; \`sudo sysctl -w ${SETTING}=${AMPLE}\` allows more of them`
  const detail = `a user may have ${allowed} inotify instances, and one task can use them all up, for other tasks and for your own programs${more}`
  return [{ name: 'shared by tasks', ok: true, detail, fix: null }]
}
