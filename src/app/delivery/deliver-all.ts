import type { Outcome } from '../../domain/outcome.ts'
import { publishedWords } from '../../domain/published-words.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { folderOf } from '../../domain/work-part.ts'
import type { Frame } from '../../domain/worker-protocol.ts'
import { contextsOf } from '../task/repository-context.ts'
import type { TurnContext } from '../task/turn-context.ts'
import { type TurnHistory, workHistory } from '../task/turn-history.ts'
import { type Delivered, deliver } from './deliver.ts'
import type { WorkTakers } from './work-takers.ts'

/** The worker's report of each repository, by its folder; undefined: the main one. */
export type WorkFrames = ReadonlyMap<string | undefined, Extract<Frame, { k: 'work' }>>

type OfRepository = Delivered & { readonly record: Pick<TaskRecord, 'pr' | 'pushed' | 'repository'> }

/** What an outcome says of this repository, without what it says of the turn. */
const named = ({ reason: ofTurn }: Outcome, { record, outcome: { reason } }: OfRepository): string => {
  const own = reason.startsWith(`${ofTurn}; `) ? reason.slice(ofTurn.length + 2) : reason
  return `${folderOf(record)}: ${own}`
}

/** The outcome of a turn by those of its repositories; the reason names each that failed. */
export const joinOutcomes = (outcome: Outcome, all: readonly OfRepository[]): Outcome => {
  const failed = all.filter((one) => one.outcome.result !== outcome.result)
  const others = all.filter((one) => !failed.includes(one))
  const pushed = others.filter(({ is }) => is === 'pushed').map(({ record }) => record)
  const told = others.filter((one) => one.is !== 'pushed' && one.outcome.reason !== outcome.reason)
  const words = pushed.length === 0 ? [] : [publishedWords(pushed)]
  const reasons = [...words, ...[...told, ...failed].map((one) => named(outcome, one))]
  if (outcome.result !== 'done' || reasons.length === 0) return outcome
  const everyNothing = others.length === all.length && all.every(({ is }) => is === 'nothing')
  const isSame = new Set(all.map((one) => one.outcome.reason)).size === 1
  const reason = everyNothing && isSame ? (all[0]?.outcome.reason ?? '') : reasons.join('; ')
  const worst = failed.find((one) => one.outcome.class !== 'push') ?? failed[0]
  return worst === undefined ? { ...outcome, reason } : { ...worst.outcome, reason }
}

/**
 * Delivers the turn's work, repository by repository. Where one cannot be pushed the others are pushed all the same, and
 * the outcome says which.
 */
export const deliverAll = async (input: {
  readonly context: TurnContext
  readonly outcome: Outcome
  readonly works: WorkFrames
  readonly takers: WorkTakers
  readonly history: TurnHistory
}): Promise<Outcome> => {
  const { outcome, works, takers, history } = input
  const contexts = contextsOf(input.context)
  const all: OfRepository[] = []
  for (const context of contexts) {
    const { live, repository } = context
    const work = works.get(repository) ?? null
    const delivered = await deliver({
      ...workHistory(history, repository),
      ...{ context, outcome, work, taker: takers.of(repository) },
    })
    if (contexts.length === 1) return delivered.outcome
    all.push({ ...delivered, record: live.record })
  }
  return joinOutcomes(outcome, all)
}
