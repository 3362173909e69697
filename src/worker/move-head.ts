import { lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Head } from './read-refs.ts'

/** Moves the agent's branch, or its HEAD where it is on none, to a commit of ours. False: there is nothing to move. */
export const moveHead = (repository: string, head: Head, sha: string): boolean => {
  const target = join(repository, head.ref ?? 'HEAD')
  try {
    if (lstatSync(repository).isSymbolicLink()) return false
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(`${target}.lock`, `${sha}\n`, { flag: 'wx' })
    renameSync(`${target}.lock`, target)
    return true
  } catch {
    rmSync(`${target}.lock`, { force: true })
    return false
  }
}
