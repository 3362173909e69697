import type { AgentEvent } from '../domain/event.ts'
import { NO_USAGE, type Usage } from '../domain/usage.ts'
import { codexItems } from './codex-items.ts'
import { threadUsage, usageSince } from './codex-usage.ts'
import { child, children, isObject, type JsonObject, text } from './json-field.ts'
import type { Transcript, TranscriptReader } from './provider.ts'
import { sessionEntries } from './session-entries.ts'

const SHELL_WORDS = 3

/** The command as its stream tells it: of `bash -lc COMMAND` the last word. */
const commandOf = ({ command }: JsonObject): string => {
  if (!Array.isArray(command)) return ''
  const words = command.filter((word) => typeof word === 'string')
  return words.length === SHELL_WORDS && words[1] === '-lc' ? (words[2] ?? '') : words.join(' ')
}

const texts = (item: JsonObject, field: string): string => {
  const values = item[field]
  return Array.isArray(values) ? values.filter((value) => typeof value === 'string').join('\n') : ''
}

const changesOf = (item: JsonObject): readonly JsonObject[] =>
  Object.entries(child(item, 'changes')).flatMap(([path, change]) =>
    isObject(change) ? [{ path, kind: text(change, 'type') }] : [],
  )

const wordsOf = (item: JsonObject): string =>
  children(item, 'content')
    .map((part) => text(part, 'text'))
    .filter((words) => words !== '')
    .join('\n')

/** An item of the file in the words of `codex exec --json`. */
const streamItem = (item: JsonObject): JsonObject => {
  switch (text(item, 'type')) {
    case 'AgentMessage':
      return { type: 'agent_message', text: wordsOf(item) }
    case 'Reasoning':
      return { type: 'reasoning', text: texts(item, 'summary_text') || texts(item, 'raw_content') }
    case 'CommandExecution':
      return { ...item, type: 'command_execution', command: commandOf(item) }
    case 'FileChange':
      return { ...item, type: 'file_change', changes: changesOf(item) }
    case 'McpToolCall':
      return { ...item, type: 'mcp_tool_call' }
    case 'WebSearch':
      return { ...item, type: 'web_search' }
    default:
      return {}
  }
}

const reader = (since: number): TranscriptReader => {
  const entries = sessionEntries(since)
  const items = codexItems()
  let session = ''
  let before: Usage = NO_USAGE
  let thread: Usage | null = null

  const onItem = (item: JsonObject): readonly AgentEvent[] => {
    if (text(item, 'type') !== 'UserMessage') return items.read(streamItem(item), 'completed')
    const words = wordsOf(item)
    return words === '' ? [] : [{ type: 'agent.asked', text: words }]
  }
  const onEvent = (payload: JsonObject, isNew: boolean): readonly AgentEvent[] => {
    switch (text(payload, 'type')) {
      case 'item_completed':
        return isNew ? onItem(child(payload, 'item')) : []
      case 'token_count': {
        const total = child(payload, 'info')['total_token_usage']
        if (!isObject(total)) return []
        if (isNew) thread = threadUsage(total)
        else before = threadUsage(total)
        return []
      }
      case 'error':
        return isNew ? [{ type: 'agent.error', class: 'agent', text: text(payload, 'message') }] : []
      default:
        return []
    }
  }
  return {
    line: (line) => {
      const { entry, isNew } = entries.read(line) ?? { entry: {}, isNew: false }
      const payload = child(entry, 'payload')
      if (text(entry, 'type') === 'session_meta') session ||= text(payload, 'id')
      return text(entry, 'type') === 'event_msg' ? onEvent(payload, isNew) : []
    },
    end: () => {
      if (entries.at === null || session === '') return null
      const usage: readonly AgentEvent[] =
        thread === null ? [] : [{ type: 'agent.usage', usage: usageSince(thread, before), thread }]
      return { session, at: entries.at, events: [...items.close(), ...usage] }
    },
  }
}

/** The rollout files of Codex. */
export const codexTranscript: Transcript = {
  isPart: (path) => /^\.codex\/sessions\/.*\/rollout-[^/]*\.jsonl$/.test(path),
  reader,
}
