import type { AgentErrorClass } from '../domain/event.ts'
import { child, count, type JsonObject, parseObject, text } from './json-field.ts'

const CONTEXT = /context[_ ](length|window)|maximum context|too many tokens|prompt is too long/i
const NETWORK =
  /cannot connect|unable to connect|connection|socket|certificate|network|fetch failed|timed? ?out|terminated|overloaded|internal server error|server_error/i

const byStatus = (status: number): AgentErrorClass | undefined => {
  if (status === 401 || status === 403) return 'auth'
  if (status === 429) return 'rate-limit'
  if (status >= 500) return 'network'
  return status >= 400 ? 'model' : undefined
}

const NAMES: Readonly<Record<string, AgentErrorClass>> = {
  ProviderAuthError: 'auth',
  ContextOverflowError: 'context',
  MessageOutputLengthError: 'context',
}

/** The words of a message that is a JSON body as the model sent it. */
const plain = (message: string): string => {
  const body = parseObject(message)
  return ((body && (text(child(body, 'error'), 'message') || text(body, 'message'))) || message).trim()
}

/** What an error of opencode's stream says, and what kind of failure it is. */
export const opencodeError = (error: JsonObject): { readonly class: AgentErrorClass; readonly message: string } => {
  const data = child(error, 'data')
  const name = text(error, 'name')
  const raw = text(data, 'message') || text(error, 'message') || name
  const message = plain(raw).slice(0, 600)
  const status = count(data, 'statusCode')
  const known = NAMES[name] ?? (CONTEXT.test(message) ? 'context' : byStatus(status))
  if (known !== undefined) return { class: known, message: status === 0 ? message : `${status}: ${message}` }
  if (/model.* not found|no such model/i.test(message)) return { class: 'model', message }
  // An API error without a status is one that had no answer.
  return { class: name === 'APIError' || NETWORK.test(raw) ? 'network' : 'agent', message }
}
