import type { AgentErrorClass } from '../domain/event.ts'
import { byWords } from './error-words.ts'

// Read from the top: the first that fits decides.
const CLASSES: readonly (readonly [AgentErrorClass, RegExp])[] = [
  ['context', /prompt[_ ]is[_ ]too[_ ]long|prompt_too_long|context (window|limit)/i],
  ['rate-limit', /rate.?limit|usage limit|hit your .*limit/i],
  ['auth', /authentication|permission_error|not logged in|oauth|invalid.*api key|credit balance/i],
  ['model', /model_not_found|selected model|invalid_request|not_found/i],
  [
    'network',
    /server_error|overloaded|connection|ECONN|ETIMEDOUT|timed? ?out|network|fetch failed|dropped|malformed response/i,
  ],
]

/** What kind of failure words of Claude Code tell of; `agent` where it is none of the model's. */
export const claudeErrorClass = (words: string): AgentErrorClass => byWords(CLASSES, words) ?? 'agent'

/** Without the loopback address, which says nothing to people. */
export const claudeMessage = (message: string): string =>
  message
    .replace(/,? ?check your inference gateway \(127\.0\.0\.1:\d+\)/i, ' check the model’s address')
    .trim()
    .slice(0, 600)
