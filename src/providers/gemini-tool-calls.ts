import type { AgentEvent } from '../domain/event.ts'
import { child, type JsonObject, text } from './json-field.ts'
import { openCalls } from './open-calls.ts'

const SHELL = 'run_shell_command'
/** Tools that write the file they are called with. */
const WRITERS = new Set(['write_file', 'replace'])

/** Tool calls in the words of the CLI's stream. */
export const geminiToolCalls = () => {
  const calls = openCalls()
  const writes = new Map<string, string>()
  return {
    close: calls.close,
    start: (event: JsonObject): readonly AgentEvent[] => {
      const id = text(event, 'tool_id')
      const name = text(event, 'tool_name')
      const input = child(event, 'parameters')
      if (WRITERS.has(name)) writes.set(id, text(input, 'file_path'))
      return name === SHELL
        ? calls.start(id, 'shell', text(input, 'command'))
        : calls.start(id, name, JSON.stringify(input))
    },
    /** Its shell tells `success` and no exit code, however the command ended. */
    end: (event: JsonObject): readonly AgentEvent[] => {
      const id = text(event, 'tool_id')
      const ok = text(event, 'status') === 'success'
      const output = text(event, 'output') || text(child(event, 'error'), 'message')
      const ended = calls.end(id, { ok, output })
      const path = writes.get(id) ?? ''
      writes.delete(id)
      if (!ok || path === '' || ended.length === 0) return ended
      return [...ended, { type: 'agent.file', changes: [{ path, kind: 'update' }] }]
    },
  }
}
