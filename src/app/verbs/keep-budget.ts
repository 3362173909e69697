import type { Deps } from '../deps.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { usedBytes } from '../task/work-folder.ts'
import { prune } from './prune.ts'

/** A check reads the whole tree, so checks may take a twentieth of the time. */
const LEAST_MS = 2000
const SHARE = 20

/**
 * Keeps the state folder within the disk budget, if one is set: checks it when tasks change, and logs what it prunes.
 * Work that exists nowhere else stays, whatever the budget.
 */
export const keepBudget = (deps: Deps, tasks: Tasks) => {
  let looking = false
  let next = 0
  let timer: NodeJS.Timeout | undefined

  const look = async (budget: number) => {
    const used = await usedBytes(deps.installation.folders.state)
    if (used <= budget) return
    const { pruned, kept, bytes, left } = await prune({
      deps,
      tasks,
      dryRun: false,
      force: false,
      olderThanMs: null,
      states: undefined,
      labels: undefined,
      maxBytes: budget,
    })
    const fits = left !== null && left <= budget
    const gone = pruned.map(({ kind, id }) => `${kind} ${id}`)
    const why = { msg: 'prune', why: 'the disk budget is passed', budget, used }
    deps.log({ level: fits ? 'info' : 'warning', ...why, freed: bytes, left, pruned: gone, kept: kept.length })
  }

  const changed = (): void => {
    const { diskBudget } = deps.config.settings()
    if (diskBudget === null || looking || timer !== undefined) return
    const wait = next - performance.now()
    if (wait > 0) {
      timer = setTimeout(() => {
        timer = undefined
        changed()
      }, wait).unref()
      return
    }
    looking = true
    const began = performance.now()
    look(diskBudget)
      .catch((error: unknown) => deps.log({ level: 'error', msg: 'prune', error: String(error) }))
      .finally(() => {
        looking = false
        const now = performance.now()
        next = now + Math.max(LEAST_MS, SHARE * (now - began))
      })
  }
  return { changed }
}
