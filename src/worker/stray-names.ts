import { readdirSync, readFileSync } from 'node:fs'

/** Names in a folder at or below which something is mounted; none are known where the kernel does not say. */
const mountsIn = (folder: string): ReadonlySet<string> => {
  try {
    const points = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[4] ?? '')
    const inside = points.filter((point) => point.startsWith(`${folder}/`))
    return new Set(inside.map((point) => point.slice(folder.length + 1).split('/')[0] ?? ''))
  } catch {
    return new Set()
  }
}

/** What the agent left in the work folder beside the folders of the repositories, and so in none of them. */
export const strayNames = (work: string, folders: readonly string[]): readonly string[] => {
  if (folders.length === 0) return []
  const mounts = mountsIn(work)
  return readdirSync(work).filter((name) => !folders.includes(name) && !mounts.has(name))
}
