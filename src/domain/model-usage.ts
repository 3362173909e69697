import type { Event } from './event.ts'
import type { TaskRecord } from './task.ts'
import { addUsage, type ModelUsage } from './usage.ts'

/** An upstream can tell any number of names. */
const MOST_NAMES = 8

/** The tokens by model after one more answer; one that told no name changes nothing. */
export const addModel = (
  models: readonly ModelUsage[] = [],
  { model, usage }: Pick<Extract<Event, { type: 'gateway.usage' }>, 'model' | 'usage'>,
): readonly ModelUsage[] => {
  if (model === undefined) return models
  const isKnown = models.some((one) => one.model === model)
  const name = isKnown || models.filter((one) => one.model !== '').length < MOST_NAMES ? model : ''
  if (!models.some((one) => one.model === name)) return [...models, { model: name, usage }]
  return models.map((one) => (one.model === name ? { ...one, usage: addUsage(one.usage, usage) } : one))
}

/** The model that wrote most; null where none was named. */
export const mainModel = (models: readonly ModelUsage[] = []): string | null => {
  const [first = null, ...rest] = models.filter(({ model }) => model !== '')
  return (
    rest.reduce((main, one) => (one.usage.outputTokens > (main?.usage.outputTokens ?? 0) ? one : main), first)?.model ??
    null
  )
}

/** The model that was asked for, else the one that ran: in the turn, or in all of them. */
export const modelOf = (
  { provider, models }: { readonly provider: Pick<TaskRecord['provider'], 'model'> } & Pick<TaskRecord, 'models'>,
  turn?: Pick<TaskRecord['turns'][number], 'models'>,
): string | null => provider.model ?? mainModel(turn?.models) ?? mainModel(models)
