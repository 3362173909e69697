import type { AgentErrorClass } from '../domain/event.ts'
import { byWords } from './error-words.ts'
import { child, parseObject, text } from './json-field.ts'

// Read from the top: the first that fits decides.
const CLASSES: readonly (readonly [AgentErrorClass, RegExp])[] = [
  ['context', /token count .*exceeds|context window|maximum number of tokens/i],
  ['rate-limit', /RESOURCE_EXHAUSTED|quota|rate.?limit/i],
  ['auth', /UNAUTHENTICATED|PERMISSION_DENIED|api key not valid|auth method|GEMINI_API_KEY/i],
  ['model', /INVALID_ARGUMENT|NOT_FOUND|model.* not found/i],
  ['network', /INTERNAL|UNAVAILABLE|fetch failed|terminated|ECONN|socket|timed? ?out|network|stream/i],
]

const classOf = (words: string): AgentErrorClass | undefined => byWords(CLASSES, words)

/** The status that an exit code stands for: the CLI ends with its lowest eight bits. */
const statusOf = (code: number | null): string => {
  if (code === null) return ''
  if (code === 529 % 256) return '529'
  return code >= 400 % 256 && code < 256 ? String(code + 256) : ''
}

/** What kind of failure words of Gemini CLI tell of, and where they tell nothing the exit code it ended with. */
export const geminiErrorClass = (words: string, code: number | null = null): AgentErrorClass =>
  classOf(words) ?? classOf(statusOf(code)) ?? 'agent'

/** A message of gemini for people: out of its brackets and of the API's JSON body. */
export const geminiMessage = (message: string): string => {
  const inner = /^\[API Error: (.*?)\](?:\n|$)/s.exec(message)?.[1] ?? message
  const error = child(parseObject(inner) ?? {}, 'error')
  const own = text(error, 'message')
  const status = typeof error['code'] === 'number' ? `${error['code']} ` : ''
  return (own === '' ? inner : `${status}${own}`).trim().slice(0, 600)
}
