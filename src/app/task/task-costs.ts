import type { Price } from '../../domain/price.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { usageReport } from '../../views/usage-report.ts'
import type { Deps } from '../deps.ts'

const pricesOf = (deps: Pick<Deps, 'config'>): ReadonlyMap<string, Price> => {
  try {
    return deps.config.prices()
  } catch {
    // A list is wanted also beside a broken configuration; `usage` and `doctor` tell of it.
    return new Map()
  }
}

/** Gives what a task cost, in dollars; null where it is not known. The price table is read once. */
export const taskCosts = (deps: Pick<Deps, 'config'>): ((record: TaskRecord) => number | null) => {
  const prices = pricesOf(deps)
  return (record) =>
    prices.size === 0 ? (record.usage.costUsd ?? null) : (usageReport([record], { by: [], prices })[0]?.cost ?? null)
}
