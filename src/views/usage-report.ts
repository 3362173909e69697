import { modelOf } from '../domain/model-usage.ts'
import { costOf, type Price } from '../domain/price.ts'
import type { Usage } from '../domain/usage.ts'
import type { UsedTask } from '../domain/used-task.ts'
import { usageGap } from './usage-gap.ts'

/** What a turn's usage can be summed by; `label:NAME` too. */
export const USAGE_KEYS = ['provider', 'model', 'day', 'task', 'turn'] as const

/**
 * The usage of the turns that share the values of `by`.
 *
 * @example
 * ```ts
 * await using b = await berth()
 * const rows: readonly UsageRow[] = await b.usage({ by: ['model'] })
 * for (const { by, cost } of rows) console.log(by['model'], cost)
 * ```
 */
export type UsageRow = {
  readonly by: Readonly<Record<string, string>>
  readonly turns: number
  /** As the agents told it. */
  readonly usage: Usage
  /** As the gateway counted it; null where it has counted nothing. */
  readonly gatewayUsage: Usage | null
  /** Tokens that the gateway counted beyond the agents' word. */
  readonly gap: number
  /** Dollars by the price table, else by the CLI's own count; null where neither knows. */
  readonly cost: number | null
  /** Tokens that have no price, where there are such. */
  readonly unpricedTokens: number
}

type Turn = UsedTask['turns'][number]

const NONE: Usage = { inputTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0 }
const dayOf = ({ startedAt, endedAt }: Turn) => (startedAt ?? endedAt ?? '').slice(0, 10)

export const isUsageKey = (key: string): boolean =>
  (USAGE_KEYS as readonly string[]).includes(key) || /^label:./.test(key)

const valueOfKey = (key: string, task: UsedTask, turn: Turn): string => {
  switch (key) {
    case 'provider':
      return task.provider.id
    case 'model':
      return modelOf(task, turn) ?? ''
    case 'day':
      return dayOf(turn)
    case 'task':
      return task.id
    case 'turn':
      return `${task.id}/${turn.turn}`
    default:
      return task.labels[key.slice('label:'.length)] ?? ''
  }
}

const sum = (a: Usage, b: Usage): Usage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  cachedTokens: a.cachedTokens + b.cachedTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  reasoningTokens: a.reasoningTokens + b.reasoningTokens,
})

const add = (row: UsageRow, turn: Turn, usage: Usage, cost: number | null): UsageRow => ({
  ...row,
  turns: row.turns + 1,
  usage: sum(row.usage, usage),
  gatewayUsage: turn.gatewayUsage ? sum(row.gatewayUsage ?? NONE, turn.gatewayUsage) : row.gatewayUsage,
  gap: row.gap + usageGap([turn]),
  cost: cost === null ? row.cost : (row.cost ?? 0) + cost,
  unpricedTokens: row.unpricedTokens + (cost === null ? usage.inputTokens + usage.outputTokens : 0),
})

const emptyRow = (by: UsageRow['by']): UsageRow => ({
  by,
  turns: 0,
  usage: NONE,
  gatewayUsage: null,
  gap: 0,
  cost: null,
  unpricedTokens: 0,
})

/** A running turn's usage comes from its agent alone; of one that is over the gateway's count is whole. */
const hasUsage = (turn: Turn): boolean =>
  turn.usage !== null || (turn.gatewayUsage !== undefined && turn.endedAt !== null)

/** Usage of turns summed by the keys, in their order; `since`: ISO 8601, of the turn's start. */
export const usageReport = (
  records: readonly UsedTask[],
  options: { readonly by: readonly string[]; readonly since?: string; readonly prices: ReadonlyMap<string, Price> },
): readonly UsageRow[] => {
  const { by, since = '', prices } = options
  const rows = new Map<string, UsageRow>()
  const take = (task: UsedTask, turn: Turn) => {
    const known = prices.get(modelOf(task, turn) ?? '')
    const usage = turn.usage ?? NONE
    const values = by.map((key) => [key, valueOfKey(key, task, turn)] as const)
    const name = JSON.stringify(values)
    const row = rows.get(name) ?? emptyRow(Object.fromEntries(values))
    rows.set(name, add(row, turn, usage, known === undefined ? (usage.costUsd ?? null) : costOf(usage, known)))
  }
  for (const task of records)
    for (const turn of task.turns) if (hasUsage(turn) && (turn.startedAt ?? '') >= since) take(task, turn)
  return [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}
