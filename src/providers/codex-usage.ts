import type { Usage } from '../domain/usage.ts'
import { count, type JsonObject } from './json-field.ts'

export const threadUsage = (usage: JsonObject): Usage => ({
  inputTokens: count(usage, 'input_tokens'),
  cachedTokens: count(usage, 'cached_input_tokens'),
  outputTokens: count(usage, 'output_tokens'),
  reasoningTokens: count(usage, 'reasoning_output_tokens'),
})

/** Codex counts the thread, not the turn. A sum below the last one is another thread's: then it is taken whole. */
export const usageSince = (thread: Usage, before: Usage): Usage => {
  if (thread.inputTokens < before.inputTokens || thread.outputTokens < before.outputTokens) return thread
  return {
    inputTokens: thread.inputTokens - before.inputTokens,
    cachedTokens: Math.max(0, thread.cachedTokens - before.cachedTokens),
    outputTokens: thread.outputTokens - before.outputTokens,
    reasoningTokens: Math.max(0, thread.reasoningTokens - before.reasoningTokens),
  }
}
