import type { TaskRecord } from './task.ts'

type Turn = TaskRecord['turns'][number]

/** A task's usage, and the fields to sum it by: all that Berth keeps of a removed task. */
export type UsedTask = Pick<TaskRecord, 'id' | 'labels' | 'models'> & {
  readonly provider: Pick<TaskRecord['provider'], 'id' | 'model'>
  readonly turns: readonly Pick<Turn, 'turn' | 'startedAt' | 'endedAt' | 'usage' | 'gatewayUsage' | 'models'>[]
}

/** Undefined if no turn has used anything. */
export const usedTask = ({ id, labels, provider, turns, models }: TaskRecord): UsedTask | undefined => {
  const used = turns.filter(({ usage, gatewayUsage }) => usage !== null || gatewayUsage !== undefined)
  if (used.length === 0) return undefined
  return {
    id,
    labels,
    provider: { id: provider.id, model: provider.model },
    ...(models && { models }),
    turns: used.map(({ turn, startedAt, endedAt, usage, gatewayUsage, models: ofTurn }) => ({
      turn,
      startedAt,
      endedAt,
      usage,
      ...(gatewayUsage === undefined ? {} : { gatewayUsage }),
      ...(ofTurn && { models: ofTurn }),
    })),
  }
}
