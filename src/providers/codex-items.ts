import type { AgentEvent } from '../domain/event.ts'
import { unwrapShell } from '../std/shell-words.ts'
import { clip } from './clip.ts'
import { child, children, type JsonObject, text } from './json-field.ts'

type Stage = 'started' | 'completed'
type ToolStart = Extract<AgentEvent, { type: 'agent.tool.start' }>
type ToolEnd = Extract<AgentEvent, { type: 'agent.tool.end' }>

const start = (item: JsonObject, name: string, input: string): ToolStart => ({
  type: 'agent.tool.start',
  id: text(item, 'id'),
  name,
  input: clip(input),
})

const end = (item: JsonObject, name: string, ok: boolean, output: string): ToolEnd => ({
  type: 'agent.tool.end',
  id: text(item, 'id'),
  name,
  ok,
  output: clip(output),
})

const completed = (item: JsonObject) => text(item, 'status') === 'completed'

const command = (item: JsonObject, stage: Stage): AgentEvent => {
  if (stage === 'started') return start(item, 'shell', unwrapShell(text(item, 'command')))
  const code = item['exit_code']
  const done = end(item, 'shell', completed(item) && (code ?? 0) === 0, text(item, 'aggregated_output'))
  return typeof code === 'number' ? { ...done, exitCode: code } : done
}

const mcpOutput = (item: JsonObject): string => {
  const failure = text(child(item, 'error'), 'message') || text(item, 'error')
  const content = children(child(item, 'result'), 'content')
  return failure || content.map((part) => text(part, 'text') || JSON.stringify(part)).join('\n')
}

const mcp = (item: JsonObject, stage: Stage): AgentEvent => {
  const name = `${text(item, 'server')}.${text(item, 'tool')}`
  if (stage === 'started') return start(item, name, JSON.stringify(item['arguments'] ?? {}))
  return end(item, name, completed(item), mcpOutput(item))
}

const search = (item: JsonObject, stage: Stage): AgentEvent =>
  stage === 'started' ? start(item, 'web_search', text(item, 'query')) : end(item, 'web_search', true, '')

const KINDS: Readonly<Record<string, 'add' | 'update' | 'delete'>> = { add: 'add', update: 'update', delete: 'delete' }

const fileChange = (item: JsonObject): AgentEvent | undefined => {
  const changes = children(item, 'changes').flatMap((change) => {
    const kind = KINDS[text(change, 'kind') || text(child(change, 'kind'), 'type')]
    const path = text(change, 'path')
    return kind === undefined || path === '' ? [] : [{ path, kind }]
  })
  if (changes.length === 0) return undefined
  if (completed(item)) return { type: 'agent.file', changes }
  return { type: 'agent.notice', text: `a change of ${changes.map((change) => change.path).join(', ')} failed` }
}

const todo = (item: JsonObject): AgentEvent | undefined => {
  const lines = children(item, 'items').map(
    (entry) => `[${entry['completed'] === true ? 'x' : ' '}] ${text(entry, 'text')}`,
  )
  return lines.length === 0 ? undefined : { type: 'agent.notice', text: clip(`plan:\n${lines.join('\n')}`) }
}

const said = (type: 'agent.message' | 'agent.reasoning', item: JsonObject): AgentEvent | undefined => {
  const words = text(item, 'text')
  return words === '' ? undefined : { type, text: words }
}

/** What an item of codex' stream says; undefined for what says nothing here. */
const itemEvent = (item: JsonObject, stage: Stage): AgentEvent | undefined => {
  switch (text(item, 'type')) {
    case 'command_execution':
      return command(item, stage)
    case 'mcp_tool_call':
      return mcp(item, stage)
    case 'web_search':
      return search(item, stage)
    case 'todo_list':
      return todo(item)
    case 'agent_message':
      return stage === 'completed' ? said('agent.message', item) : undefined
    case 'reasoning':
      return stage === 'completed' ? said('agent.reasoning', item) : undefined
    case 'file_change':
      return stage === 'completed' ? fileChange(item) : undefined
    case 'error':
      return stage === 'completed' ? { type: 'agent.notice', text: text(item, 'message') } : undefined
    default:
      return undefined
  }
}

/** Reads items and keeps which tool calls are open, so that each start has one end and each end a start. */
export const codexItems = () => {
  const open = new Map<string, string>()
  return {
    read: (item: JsonObject, stage: Stage): readonly AgentEvent[] => {
      const event = itemEvent(item, stage)
      if (event === undefined) return []
      if (event.type === 'agent.tool.start') {
        if (open.has(event.id)) return []
        open.set(event.id, event.name)
        return [event]
      }
      if (event.type !== 'agent.tool.end' || open.delete(event.id)) return [event]
      // A call that was never announced: both at once.
      const begin = itemEvent(item, 'started')
      return begin === undefined ? [event] : [begin, event]
    },
    close: (): readonly AgentEvent[] => {
      const ends = [...open].map(([id, name]) => ({
        type: 'agent.tool.end' as const,
        id,
        name,
        ok: false,
        output: 'the turn ended while this was running',
      }))
      open.clear()
      return ends
    },
  }
}
