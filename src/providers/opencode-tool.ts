import type { AgentEvent } from '../domain/event.ts'
import { clip } from './clip.ts'
import { child, type JsonObject, text } from './json-field.ts'

type Change = Extract<AgentEvent, { type: 'agent.file' }>['changes'][number]

/** Of the tools that change files; what a patch changes is in its metadata. */
const changesOf = (tool: string, state: JsonObject): readonly Change[] => {
  const metadata = child(state, 'metadata')
  const path = text(child(state, 'input'), 'filePath')
  if (path === '') return []
  if (tool === 'write') return [{ path, kind: metadata['exists'] === true ? 'update' : 'add' }]
  return tool === 'edit' || tool === 'multiedit' ? [{ path, kind: 'update' }] : []
}

/** The events of a tool call, which opencode tells of once, when it is over. */
export const opencodeTool = (part: JsonObject): readonly AgentEvent[] => {
  const state = child(part, 'state')
  const tool = text(part, 'tool')
  const id = text(part, 'callID') || text(part, 'id')
  const input = child(state, 'input')
  const shell = tool === 'bash'
  const name = shell ? 'shell' : tool
  const exitCode = child(state, 'metadata')['exit']
  const coded = typeof exitCode === 'number' && Number.isInteger(exitCode)
  const ok = text(state, 'status') === 'completed' && tool !== 'invalid' && (!coded || exitCode === 0)
  const changes = ok ? changesOf(tool, state) : []
  return [
    { type: 'agent.tool.start', id, name, input: clip(shell ? text(input, 'command') : JSON.stringify(input)) },
    {
      type: 'agent.tool.end',
      id,
      name,
      ok,
      ...(coded ? { exitCode } : {}),
      output: clip(text(state, 'output') || text(state, 'error')),
    },
    ...(changes.length === 0 ? [] : [{ type: 'agent.file' as const, changes }]),
  ]
}
