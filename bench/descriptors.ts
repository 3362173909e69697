import { execFileSync } from 'node:child_process'
import { readdirSync, readlinkSync } from 'node:fs'

export type Descriptors = Readonly<Record<string, number>>

type End = { readonly path: string; readonly peer: string }

/** The unix sockets of this machine by their inodes, as iproute2's ss has them; none where it is not there. */
const unixSockets = (): ReadonlyMap<string, End> => {
  try {
    const rows = execFileSync('ss', ['-xnaH'], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
      .trim()
      .split('\n')
    return new Map(
      rows.map((row) => {
        const [, , , , path = '*', inode = '', , peer = ''] = row.trim().split(/\s+/)
        return [inode, { path, peer }] as const
      }),
    )
  } catch {
    return new Map()
  }
}

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path)
  } catch {
    return 'gone'
  }
}

/** `socket of PATH`: one that was accepted there, or that listens. `socket to PATH`: one that was connected. */
const socketName = (inode: string, sockets: ReadonlyMap<string, End>): string => {
  const own = sockets.get(inode)
  if (own === undefined) return 'socket, not of this machine'
  if (own.path !== '*') return `socket of ${own.path}`
  const to = sockets.get(own.peer)?.path ?? '*'
  return to === '*' ? 'socket without a name' : `socket to ${to}`
}

/** What a name of one round has that another round's lacks. */
const alike = (name: string, folders: readonly string[]): string =>
  folders
    .reduce((text, folder) => text.replaceAll(folder, ''), name)
    .replaceAll(/t-[0-9a-hjkmnp-tv-z]{6,}/g, 't-ID')
    .replace(/^pipe:\[\d+\]$/, 'pipe')

/** How many descriptors of each kind these processes have open. `folders`: beginnings of paths that are left out. */
export const descriptorsOf = (pids: readonly number[], folders: readonly string[]): Descriptors => {
  const sockets = unixSockets()
  const counts: Record<string, number> = {}
  for (const pid of pids)
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const link = linkOf(`/proc/${pid}/fd/${fd}`)
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1]
      const name = alike(inode === undefined ? link : socketName(inode, sockets), folders)
      counts[name] = (counts[name] ?? 0) + 1
    }
  return counts
}

/** `docker.sock: 3 to 5`, for each kind of which there are more or fewer; the other kinds with their number. */
export const descriptorLines = (before: Descriptors, after: Descriptors): readonly string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted().map((name) => {
    const [from, to] = [before[name] ?? 0, after[name] ?? 0]
    return from === to ? `  ${name}: ${to}` : `  ${name}: ${from} to ${to} (${to > from ? '+' : ''}${to - from})`
  })
