import type { AgentEvent } from '../domain/event.ts'
import { NO_USAGE, type Usage } from '../domain/usage.ts'
import { codexErrorClass, codexMessage } from './codex-error.ts'
import { codexItems } from './codex-items.ts'
import { threadUsage, usageSince } from './codex-usage.ts'
import { codexVerdict, type Heard } from './codex-verdict.ts'
import { child, type JsonObject, text } from './json-field.ts'
import { heardLine, objectLine } from './line-events.ts'
import type { Parser } from './provider.ts'

const RECONNECTING = /^Reconnecting\.\.\. /
const isNoise = (line: string) => /^Reading .*from stdin\.\.\.$/.test(line)

const onThread = (heard: Heard, id: string, resume: string | null): readonly AgentEvent[] => {
  if (id === '') return []
  if (resume === null || id === resume) return [{ type: 'agent.session', session: id }]
  heard.otherThread = `codex started session ${id.slice(0, 100)} instead of going on with ${resume}`
  return [{ type: 'agent.error', class: 'agent', text: heard.otherThread }]
}

const onError = (heard: Heard, raw: string): readonly AgentEvent[] => {
  const message = codexMessage(raw)
  // `turn.failed` says again what `error` said.
  const told = heard.trouble?.message === message
  heard.trouble = { class: codexErrorClass(raw), message }
  if (RECONNECTING.test(raw)) return [{ type: 'agent.notice', text: message }]
  return told ? [] : [{ type: 'agent.error', class: heard.trouble.class, text: message }]
}

const onFailed = (heard: Heard, event: JsonObject): readonly AgentEvent[] => {
  const events = onError(heard, text(child(event, 'error'), 'message'))
  heard.last = { kind: 'failed', ...(heard.trouble ?? { class: 'agent', message: '' }) }
  return events
}

/** Reads the stream of `codex exec --json`. Usage it tells is of this turn: the thread's sum less what it was before. */
export const codexParser = (context: {
  readonly previousThread: Usage | null
  readonly resume: string | null
}): Parser => {
  const items = codexItems()
  const heard: Heard = { last: { kind: 'none' }, trouble: null, otherThread: null, stderr: '' }
  let before = context.resume === null ? NO_USAGE : (context.previousThread ?? NO_USAGE)

  const onCompleted = (event: JsonObject): readonly AgentEvent[] => {
    heard.last = { kind: 'completed' }
    const thread = threadUsage(child(event, 'usage'))
    const usage = usageSince(thread, before)
    before = thread
    return [{ type: 'agent.usage', usage, thread }]
  }
  const read = (event: JsonObject): readonly AgentEvent[] => {
    switch (text(event, 'type')) {
      case 'thread.started':
        return onThread(heard, text(event, 'thread_id'), context.resume)
      case 'item.started':
      case 'item.updated':
        return items.read(child(event, 'item'), 'started')
      case 'item.completed':
        return items.read(child(event, 'item'), 'completed')
      case 'error':
        return onError(heard, text(event, 'message'))
      case 'turn.failed':
        return onFailed(heard, event)
      case 'turn.completed':
        return onCompleted(event)
      default:
        return []
    }
  }

  const onErrorLine = heardLine((line) => {
    // The first complaint has the cause, what follows is usage text.
    if (!/^error\b/i.test(heard.stderr)) heard.stderr = codexMessage(line)
  })

  return {
    line: objectLine(read),
    errorLine: (line) => (isNoise(line.trim()) ? [] : onErrorLine(line)),
    end: (exit) => ({ verdict: codexVerdict(heard, exit), events: items.close() }),
  }
}
