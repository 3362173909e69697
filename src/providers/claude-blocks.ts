import type { AgentEvent } from '../domain/event.ts'
import { child, children, type JsonObject, text } from './json-field.ts'
import type { openCalls } from './open-calls.ts'

type Calls = ReturnType<typeof openCalls>

const SHELL = 'Bash'

/** A block of what the model said. A sub-agent's words come again as the result of the call that began it. */
export const saidBlock = (calls: Calls, block: JsonObject, isSub: boolean): readonly AgentEvent[] => {
  switch (text(block, 'type')) {
    case 'text': {
      const words = text(block, 'text')
      return words === '' || isSub ? [] : [{ type: 'agent.message', text: words }]
    }
    case 'thinking': {
      const words = text(block, 'thinking')
      return words === '' || isSub ? [] : [{ type: 'agent.reasoning', text: words }]
    }
    case 'tool_use': {
      const input = child(block, 'input')
      const name = text(block, 'name')
      return name === SHELL
        ? calls.start(text(block, 'id'), 'shell', text(input, 'command'))
        : calls.start(text(block, 'id'), name, JSON.stringify(input))
    }
    default:
      return []
  }
}

const outputOf = (block: JsonObject): string =>
  text(block, 'content') ||
  children(block, 'content')
    .map((part) => text(part, 'text') || `[${text(part, 'type')}]`)
    .join('\n')

/** The exit code stands in the output alone, and only where it is none of 0. */
const exitCode = (name: string | undefined, ok: boolean, output: string): { readonly exitCode?: number } => {
  if (name !== 'shell') return {}
  if (ok) return { exitCode: 0 }
  const code = /^(?:Error: )?Exit code (\d+)/.exec(output)?.[1]
  return code === undefined ? {} : { exitCode: Number(code) }
}

/** What a tool did to a file; `structuredPatch` is there where it wrote one. */
const fileChange = (result: JsonObject): readonly AgentEvent[] => {
  const path = text(result, 'filePath')
  if (path === '' || !Array.isArray(result['structuredPatch'])) return []
  return [{ type: 'agent.file', changes: [{ path, kind: text(result, 'type') === 'create' ? 'add' : 'update' }] }]
}

/** A tool's result, and the change of a file that it tells of. */
export const resultBlock = (calls: Calls, block: JsonObject, result: JsonObject): readonly AgentEvent[] => {
  if (text(block, 'type') !== 'tool_result') return []
  const id = text(block, 'tool_use_id')
  const ok = block['is_error'] !== true
  const output = outputOf(block)
  const end = calls.end(id, { ok, ...exitCode(calls.name(id), ok, output), output })
  return [...end, ...(ok && end.length > 0 ? fileChange(result) : [])]
}
