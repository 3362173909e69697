import type { AgentEvent } from '../domain/event.ts'
import type { Usage } from '../domain/usage.ts'
import { clip } from './clip.ts'
import { geminiErrorClass, geminiMessage } from './gemini-error.ts'
import { geminiToolCalls } from './gemini-tool-calls.ts'
import { geminiVerdict, type Heard } from './gemini-verdict.ts'
import { child, count, type JsonObject, parseObject, text } from './json-field.ts'
import { outputLine } from './line-events.ts'
import type { Parser } from './provider.ts'

/** Traces of its stack, and what the result tells too. */
const NOISE = /256-color support|^YOLO mode is enabled|^\s+at |^\s*[{}]|^\s+\w+: |Full report available at/
/** An event keeps less of it. */
const LONGEST_MESSAGE = 1024 * 1024
const RETRY = /^Attempt \d+ failed/

/** Thoughts are in the total alone. */
const turnUsage = (stats: JsonObject): Usage => {
  const inputTokens = count(stats, 'input_tokens')
  const answer = count(stats, 'output_tokens')
  const outputTokens = Math.max(answer, count(stats, 'total_tokens') - inputTokens)
  return { inputTokens, cachedTokens: count(stats, 'cached'), outputTokens, reasoningTokens: outputTokens - answer }
}

const CUT = /^\{"type":"tool_result",.{0,200}?"tool_id":"([^"]+)","status":"(\w+)","output":"/

/** A result whose line was so long that it arrives cut: the CLI bounds an output by its lines, not by their length. */
const cutResult = (line: string): JsonObject | undefined => {
  const [head, id, status] = CUT.exec(line) ?? []
  if (head === undefined) return undefined
  return { type: 'tool_result', tool_id: id, status, output: clip(line.slice(head.length)) }
}

/** Pieces of a message, which is whole when something else comes. */
const messageBuffer = () => {
  let words = ''
  return {
    add: (piece: string) => {
      if (words.length < LONGEST_MESSAGE) words += piece
    },
    take: (): readonly AgentEvent[] => {
      const message = words
      words = ''
      return message === '' ? [] : [{ type: 'agent.message', text: message }]
    },
  }
}

const onError = (heard: Heard, words: string): readonly AgentEvent[] => {
  const message = geminiMessage(words)
  // The result says again what an error said, or nothing.
  if (message === '' || heard.trouble?.message === message) return []
  heard.trouble = { class: geminiErrorClass(words), message }
  return [{ type: 'agent.error', class: heard.trouble.class, text: message }]
}

const onResult = (heard: Heard, event: JsonObject): readonly AgentEvent[] => {
  const usage: AgentEvent = { type: 'agent.usage', usage: turnUsage(child(event, 'stats')) }
  heard.last = text(event, 'status') === 'success' ? 'completed' : 'failed'
  if (heard.last === 'completed') return [usage]
  return [usage, ...onError(heard, text(child(event, 'error'), 'message'))]
}

/** Reads the stream of `gemini --output-format stream-json`. Its usage is of the process, which is one turn. */
export const geminiParser = (): Parser => {
  const heard: Heard = { last: 'none', trouble: null, stderr: '' }
  let session = ''
  const message = messageBuffer()
  const calls = geminiToolCalls()

  const read = (event: JsonObject): readonly AgentEvent[] => {
    switch (text(event, 'type')) {
      case 'init':
        session = text(event, 'session_id')
        return []
      case 'tool_use':
        return calls.start(event)
      case 'tool_result':
        return calls.end(event)
      case 'error':
        return text(event, 'severity') === 'warning'
          ? [{ type: 'agent.notice', text: geminiMessage(text(event, 'message')) }]
          : onError(heard, text(event, 'message'))
      case 'result':
        return onResult(heard, event)
      default:
        return []
    }
  }

  /** The session is told with the first answer: before one, it may hold nothing, and none can go on with it. */
  const answered = (): readonly AgentEvent[] => {
    if (session === '') return []
    const told: AgentEvent = { type: 'agent.session', session }
    session = ''
    return [told]
  }

  return {
    line: (line) => {
      if (line.trim() === '') return []
      const event = parseObject(line) ?? cutResult(line)
      if (event === undefined) return [...message.take(), outputLine('stdout', line)]
      const type = text(event, 'type')
      if (type !== 'message') return [...message.take(), ...(type === 'tool_use' ? answered() : []), ...read(event)]
      // What the user said is echoed.
      if (text(event, 'role') !== 'assistant') return []
      message.add(text(event, 'content'))
      return answered()
    },
    errorLine: (line) => {
      if (line.trim() === '' || NOISE.test(line)) return []
      if (RETRY.test(line))
        return [{ type: 'agent.notice', text: geminiMessage(line.replace(/ _?\w*Error: \{.*/, '')) }]
      heard.stderr ||= line.trim().slice(0, 600)
      return [outputLine('stderr', line)]
    },
    end: (exit) => {
      const events = [...message.take(), ...calls.close()]
      return { verdict: geminiVerdict(heard, exit), events }
    },
  }
}
