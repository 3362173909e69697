import type { AgentEvent } from '../domain/event.ts'
import { resultBlock, saidBlock } from './claude-blocks.ts'
import { claudeErrorClass, claudeMessage } from './claude-error.ts'
import { claudeUsage } from './claude-usage.ts'
import { claudeVerdict, type Heard } from './claude-verdict.ts'
import { child, children, count, isObject, type JsonObject, text } from './json-field.ts'
import { heardLine, objectLine } from './line-events.ts'
import { openCalls } from './open-calls.ts'
import type { Parser } from './provider.ts'

/** What this turn cost; `total_cost_usd` and `modelUsage` are sums of the session. */
const turnCost = (event: JsonObject): { readonly costUsd?: number } => {
  const models = event['model_usage_since_last_result']
  if (!isObject(models)) return {}
  const costs = Object.keys(models).map((model) => child(models, model)['costUSD'])
  return { costUsd: costs.reduce<number>((sum, cost) => sum + (typeof cost === 'number' ? cost : 0), 0) }
}

const onSystem = (heard: Heard, event: JsonObject): readonly AgentEvent[] => {
  const session = text(event, 'session_id')
  if (text(event, 'subtype') === 'init') return session === '' ? [] : [{ type: 'agent.session', session }]
  if (text(event, 'subtype') !== 'api_retry') return []
  const status = count(event, 'error_status')
  const what = status === 0 ? 'the connection failed' : `${status} ${text(event, 'error')}`
  heard.trouble = { class: status === 0 ? 'network' : claudeErrorClass(what), message: what }
  const seconds = Math.ceil(count(event, 'retry_delay_ms') / 1000)
  const tries = `${count(event, 'attempt')} of ${count(event, 'max_retries')}`
  return [{ type: 'agent.notice', text: `retry ${tries} in ${seconds} s: ${what}` }]
}

/** An answer that the CLI made itself to tell of an error. */
const onApiError = (heard: Heard, event: JsonObject, words: string): readonly AgentEvent[] => {
  const message = claudeMessage(words)
  const status = count(event, 'api_error_status')
  heard.trouble = { class: claudeErrorClass(`${words} ${text(event, 'error')} ${status || ''}`), message }
  return [{ type: 'agent.error', class: heard.trouble.class, text: message }]
}

const onResult = (heard: Heard, event: JsonObject): readonly AgentEvent[] => {
  const failed = event['is_error'] === true
  const aborted = text(event, 'terminal_reason').startsWith('aborted')
  heard.last = aborted ? 'aborted' : failed ? 'failed' : 'completed'
  const usage: AgentEvent = {
    type: 'agent.usage',
    usage: { ...claudeUsage(child(event, 'usage')), ...turnCost(event) },
  }
  if (heard.last !== 'failed') return [usage]
  const errors = Array.isArray(event['errors']) ? event['errors'].filter((one) => typeof one === 'string') : []
  const message = claudeMessage(text(event, 'result') || errors.join('; '))
  // The result says again what the answer said.
  if (message === '' || heard.trouble?.message === message) return [usage]
  heard.trouble = { class: claudeErrorClass(`${message} ${text(event, 'terminal_reason')}`), message }
  return [usage, { type: 'agent.error', class: heard.trouble.class, text: message }]
}

/** Reads the stream of `claude -p --output-format stream-json`. Its usage is of the turn, not of the session. */
export const claudeParser = (): Parser => {
  const calls = openCalls()
  const heard: Heard = { last: 'none', trouble: null, stderr: '' }

  const onAssistant = (event: JsonObject): readonly AgentEvent[] => {
    const blocks = children(child(event, 'message'), 'content')
    if (event['is_api_error_message'] === true)
      return onApiError(heard, event, blocks.map((block) => text(block, 'text')).join('\n'))
    const isSub = text(event, 'parent_tool_use_id') !== ''
    return blocks.flatMap((block) => saidBlock(calls, block, isSub))
  }
  const read = (event: JsonObject): readonly AgentEvent[] => {
    switch (text(event, 'type')) {
      case 'system':
        return onSystem(heard, event)
      case 'assistant':
        return onAssistant(event)
      case 'user':
        return children(child(event, 'message'), 'content').flatMap((block) =>
          resultBlock(calls, block, child(event, 'tool_use_result')),
        )
      case 'result':
        return onResult(heard, event)
      default:
        return []
    }
  }

  return {
    line: objectLine(read),
    errorLine: heardLine((line) => {
      heard.stderr ||= claudeMessage(line)
    }),
    end: (exit) => ({ verdict: claudeVerdict(heard, exit), events: calls.close() }),
  }
}
