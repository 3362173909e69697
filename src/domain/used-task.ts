import type { TaskRecord } from './task.ts'

type Turn = TaskRecord['turns'][number]

/** What a task used, and what its usage is summed by: all that is kept of one that is removed. */
export type UsedTask = Pick<TaskRecord, 'id' | 'labels'> & {
  readonly provider: Pick<TaskRecord['provider'], 'id' | 'model'>
  readonly turns: readonly Pick<Turn, 'turn' | 'startedAt' | 'endedAt' | 'usage' | 'gatewayUsage'>[]
}

/** Undefined where no turn has used anything. */
export const usedTask = ({ id, labels, provider, turns }: TaskRecord): UsedTask | undefined => {
  const used = turns.filter(({ usage, gatewayUsage }) => usage !== null || gatewayUsage !== undefined)
  if (used.length === 0) return undefined
  return {
    id,
    labels,
    provider: { id: provider.id, model: provider.model },
    turns: used.map(({ turn, startedAt, endedAt, usage, gatewayUsage }) => ({
      ...{ turn, startedAt, endedAt, usage },
      ...(gatewayUsage === undefined ? {} : { gatewayUsage }),
    })),
  }
}
