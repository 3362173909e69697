import { setTimeout as sleep } from 'node:timers/promises'
import { type ProcessFacts, readProcess } from './read-process.ts'

const LIMIT_MS = 2000
const PAUSE_MS = 20

/**
 * The container's first process when its runtime is done with it. An engine says that a container has started while
 * crun is still at work in that process; the filter of system calls is the last that a runtime sets. `isFiltered`: a
 * filter is to come.
 */
export const runningProcess = async (
  pid: number,
  id: string,
  { isFiltered, read = readProcess }: { readonly isFiltered: boolean; readonly read?: typeof readProcess },
): Promise<ProcessFacts | undefined> => {
  for (const end = Date.now() + LIMIT_MS; ; await sleep(PAUSE_MS)) {
    const facts = await read(pid, id)
    if (facts === undefined || facts.filtered || !isFiltered || Date.now() > end) return facts
  }
}
