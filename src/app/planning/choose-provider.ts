import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Provider } from '../../providers/provider.ts'
import { didYouMean } from '../../std/suggest.ts'
import type { Deps } from '../deps.ts'
import { askedRequest } from '../task/asked-request.ts'
import type { LiveTask } from '../task/live-task.ts'

/** The agent that a request names: one of the config file as it was when the task was made, or one of Berth's own. */
export const providerFor = (
  deps: Pick<Deps, 'config'>,
  { agent, command }: Pick<TaskRequest, 'agent' | 'command'>,
  configured: readonly string[] = [],
): Provider => {
  const provider = command === undefined ? deps.config.providers.get(agent) : deps.config.configured(agent, command)
  if (provider === undefined) throw unknownProvider(deps, agent, configured)
  return provider
}

/** The agent of a task's plan; its table of the config file is the one with which the task was created. */
export const providerOf = (
  deps: Pick<Deps, 'config'>,
  live: Pick<LiveTask, 'journal'>,
  { provider }: Pick<Plan, 'provider'>,
): Provider => providerFor(deps, { agent: provider, command: askedRequest(live).command })

/** For an agent that nobody knows; names those that are known. */
export const unknownProvider = (
  { config: { providers } }: Pick<Deps, 'config'>,
  asked: string,
  configured: readonly string[] = [],
): BerthError => {
  const own = [...providers.values()].flatMap(({ id, hidden }) => (hidden === true ? [] : [id]))
  const known = [...own, ...configured]
  return new BerthError(
    'unknown-provider',
    `--agent ${asked}: there is no such agent; known: ${known.join(', ')}${didYouMean(asked, known)}`,
  )
}
