import type { AgentEvent } from '../domain/event.ts'
import { clip } from './clip.ts'
import { type JsonObject, parseObject } from './json-field.ts'

/** A line that means nothing to a parser, as it came. */
export const outputLine = (stream: 'stdout' | 'stderr', line: string): AgentEvent => ({
  type: 'agent.output',
  stream,
  text: clip(line),
})

/** A parser's `line` for a stream of JSON objects, each read by `read`; what else stands there is output. */
export const objectLine =
  (read: (event: JsonObject) => readonly AgentEvent[]) =>
  (line: string): readonly AgentEvent[] => {
    if (line.trim() === '') return []
    const event = parseObject(line)
    return event === undefined ? [outputLine('stdout', line)] : read(event)
  }

/** A parser's `errorLine`: each line that says something is heard, and is output. */
export const heardLine =
  (hear: (line: string) => void) =>
  (line: string): readonly AgentEvent[] => {
    if (line.trim() === '') return []
    hear(line)
    return [outputLine('stderr', line)]
  }
