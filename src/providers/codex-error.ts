import type { AgentErrorClass } from '../domain/event.ts'
import { statusesIn, withoutPaths } from './error-words.ts'
import { child, parseObject, text } from './json-field.ts'

// Read from the top: the first that fits decides.
const CLASSES: readonly (readonly [AgentErrorClass, RegExp])[] = [
  ['context', /ran out of room in the model's context|context[_ ]length|context window/i],
  ['rate-limit', /usage limit|rate.?limit|quota/i],
  ['auth', /status:? 40[13]\b|missing environment variable|invalid.api.key|unauthorized|not logged in/i],
  ['model', /model_not_found|model .*(does not exist|not found|not supported)|status:? 4\d\d\b/i],
  [
    'network',
    /waiting for network|stream disconnected|error sending request|connection|timed? ?out|timeout|high demand|status:? 5\d\d\b|server.?error|overloaded|selected model is at capacity/i,
  ],
]

/** A message of codex for people: out of the API's JSON body, without the loopback address. */
export const codexMessage = (message: string): string => {
  const body = parseObject(message)
  const own = body === undefined ? message : text(child(body, 'error'), 'message') || message
  return own
    .replace(/, url: \S+?(?=,|\)|$)/g, '')
    .trim()
    .slice(0, 600)
}

/** What kind of failure a message of codex tells of; `agent` where it is none of the model's. */
export const codexErrorClass = (message: string): AgentErrorClass => {
  if (statusesIn(message).includes(429)) return 'rate-limit'
  const words = withoutPaths(message)
  const found = CLASSES.find(([, pattern]) => pattern.test(words))?.[0]
  if (found !== undefined) return found
  // A bare JSON body is how codex passes a 400 on.
  return parseObject(message) === undefined ? 'agent' : 'model'
}
