import type { Usage } from '../domain/usage.ts'
import type { UsedTask } from '../domain/used-task.ts'

type Turn = UsedTask['turns'][number]

const total = (usage: Usage | null) => (usage === null ? 0 : usage.inputTokens + usage.outputTokens)

/**
 * Tokens that the gateway counted beyond those that the agent told of; less than 0 where it saw fewer. Turns that run are
 * left out, for agents tell at the end, and those of which the gateway has counted nothing.
 */
export const usageGap = (turns: readonly Turn[]): number =>
  turns
    .filter(({ endedAt }) => endedAt !== null)
    .reduce((gap, { usage, gatewayUsage }) => gap + (gatewayUsage ? total(gatewayUsage) - total(usage) : 0), 0)
