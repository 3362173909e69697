import { tierOf } from '../domain/policy.ts'
import type { TaskRequest } from '../domain/request.ts'
import type { Facts } from './facts.ts'

/** What a tier with a root inside gives up. */
export const policyWarnings = (request: TaskRequest, { engine }: Facts): readonly string[] => {
  if (tierOf(request)?.root !== 'inside') return []
  const outside =
    engine.info.userNamespace === 'none'
      ? `and ${engine.kind} runs as root here: whoever breaks out of the container is root on this machine`
      : 'so whoever breaks out of the container has your rights on this machine'
  return [
    `--policy ${request.policy}: the agent can become root in its container, has the engine's network and fewer of the kernel's calls closed, ${outside}`,
    ...(request.keepAlive
      ? [`--keep-alive: a ${request.policy} container ends with its turn, so Berth ignores the flag`]
      : []),
  ]
}
