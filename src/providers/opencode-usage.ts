import type { Usage } from '../domain/usage.ts'
import { child, count, type JsonObject } from './json-field.ts'

/** Of one request: opencode counts the cached apart from the input, and reasoning apart from the output. */
export const opencodeUsage = (part: JsonObject): Usage => {
  const tokens = child(part, 'tokens')
  const cache = child(tokens, 'cache')
  const reasoningTokens = count(tokens, 'reasoning')
  return {
    inputTokens: count(tokens, 'input') + count(cache, 'read') + count(cache, 'write'),
    cachedTokens: count(cache, 'read'),
    outputTokens: count(tokens, 'output') + reasoningTokens,
    reasoningTokens,
    // None where its catalogue does not have the model.
    ...(typeof part['cost'] === 'number' && part['cost'] > 0 ? { costUsd: part['cost'] } : {}),
  }
}
