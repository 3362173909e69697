import type { Usage } from '../domain/usage.ts'
import { child, count, type JsonObject } from './json-field.ts'

/** Of an answer, or of a turn: Claude counts the cached apart from the input. */
export const claudeUsage = (usage: JsonObject): Usage => ({
  inputTokens:
    count(usage, 'input_tokens') +
    count(usage, 'cache_creation_input_tokens') +
    count(usage, 'cache_read_input_tokens'),
  cachedTokens: count(usage, 'cache_read_input_tokens'),
  outputTokens: count(usage, 'output_tokens'),
  reasoningTokens: count(child(usage, 'output_tokens_details'), 'thinking_tokens'),
})
