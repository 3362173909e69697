import type { AgentEvent } from '../domain/event.ts'
import { clip } from './clip.ts'

type ToolEnd = Extract<AgentEvent, { type: 'agent.tool.end' }>

/** Which tool calls are open, so that each start has one end and each end a start. */
export const openCalls = () => {
  const open = new Map<string, string>()
  const end = (id: string, rest: Omit<ToolEnd, 'type' | 'id' | 'name'>): readonly AgentEvent[] => {
    const name = open.get(id)
    if (name === undefined) return []
    open.delete(id)
    return [{ type: 'agent.tool.end', id, name, ...rest, output: clip(rest.output) }]
  }
  return {
    start: (id: string, name: string, input: string): readonly AgentEvent[] => {
      if (id === '' || open.has(id)) return []
      open.set(id, name)
      return [{ type: 'agent.tool.start', id, name, input: clip(input) }]
    },
    /** Nothing for a call that was not announced. */
    end,
    name: (id: string): string | undefined => open.get(id),
    close: (): readonly AgentEvent[] =>
      [...open.keys()].flatMap((id) => end(id, { ok: false, output: 'the turn ended while this was running' })),
  }
}
