import type { TaskRequest } from '../../domain/request.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Deps } from '../deps.ts'
import { unknownProvider } from './unknown-provider.ts'

/** The agent that a request names: one of the config file as it was when the task was made, or one of Berth's own. */
export const providerFor = (
  deps: Pick<Deps, 'providers' | 'configured'>,
  { agent, command }: Pick<TaskRequest, 'agent' | 'command'>,
  configured: readonly string[] = [],
): Provider => {
  const provider = command === undefined ? deps.providers.get(agent) : deps.configured(agent, command)
  if (provider === undefined) throw unknownProvider(deps, agent, configured)
  return provider
}
