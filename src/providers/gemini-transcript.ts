import type { AgentEvent } from '../domain/event.ts'
import { addUsage, NO_USAGE, type Usage } from '../domain/usage.ts'
import { geminiErrorClass, geminiMessage } from './gemini-error.ts'
import { geminiToolCalls } from './gemini-tool-calls.ts'
import { child, children, count, type JsonObject, text } from './json-field.ts'
import type { Transcript, TranscriptReader } from './provider.ts'
import { sessionEntries } from './session-entries.ts'

/** Of a call that is over. */
const OVER: ReadonlySet<string> = new Set(['success', 'error', 'cancelled'])

const wordsOf = (entry: JsonObject): string =>
  text(entry, 'content') ||
  children(entry, 'content')
    .map((part) => text(part, 'text'))
    .filter((words) => words !== '')
    .join('\n')

/** Thoughts are counted apart from the answer. */
const usageOf = (tokens: JsonObject): Usage => ({
  inputTokens: count(tokens, 'input'),
  cachedTokens: count(tokens, 'cached'),
  outputTokens: count(tokens, 'output') + count(tokens, 'thoughts'),
  reasoningTokens: count(tokens, 'thoughts'),
})

const resultOf = (call: JsonObject): string => {
  const [first = {}] = children(call, 'result')
  const response = child(child(first, 'functionResponse'), 'response')
  return text(response, 'output') || text(response, 'error') || text(call, 'resultDisplay')
}

const thoughts = (entry: JsonObject): readonly AgentEvent[] =>
  children(entry, 'thoughts').flatMap((thought) => {
    const words = [text(thought, 'subject'), text(thought, 'description')].filter((part) => part !== '').join(': ')
    return words === '' ? [] : [{ type: 'agent.reasoning', text: words }]
  })

const reader = (since: number): TranscriptReader => {
  const entries = sessionEntries(since)
  const calls = geminiToolCalls()
  const ended = new Set<string>()
  const usages = new Map<string, Usage>()
  let session = ''

  const onCall = (call: JsonObject): readonly AgentEvent[] => {
    const id = text(call, 'id')
    if (ended.has(id)) return []
    const begun = calls.start({ tool_id: id, tool_name: text(call, 'name'), parameters: child(call, 'args') })
    const status = text(call, 'status')
    if (!OVER.has(status)) return begun
    ended.add(id)
    return [...begun, ...calls.end({ tool_id: id, status, output: resultOf(call) })]
  }
  /** An answer is written when it is there, and again with each of its tool calls. */
  const onAnswer = (entry: JsonObject): readonly AgentEvent[] => {
    const id = text(entry, 'id')
    const words = wordsOf(entry)
    const isFirst = !usages.has(id)
    usages.set(id, usageOf(child(entry, 'tokens')))
    const said: readonly AgentEvent[] = isFirst
      ? [...thoughts(entry), ...(words === '' ? [] : [{ type: 'agent.message', text: words } as const])]
      : []
    return [...said, ...children(entry, 'toolCalls').flatMap(onCall)]
  }
  const onEntry = (entry: JsonObject): readonly AgentEvent[] => {
    const words = wordsOf(entry)
    switch (text(entry, 'type')) {
      case 'gemini':
        return onAnswer(entry)
      case 'user':
        return words === '' ? [] : [{ type: 'agent.asked', text: words }]
      case 'error':
        return [{ type: 'agent.error', class: geminiErrorClass(words), text: geminiMessage(words) }]
      default:
        return []
    }
  }
  return {
    line: (line) => {
      const { entry, isNew } = entries.read(line) ?? { entry: {}, isNew: false }
      session ||= text(entry, 'sessionId')
      // `$set` has what was said before, with new times.
      return isNew ? onEntry(entry) : []
    },
    end: () => {
      if (entries.at === null || session === '') return null
      const usage = [...usages.values()].reduce(addUsage, NO_USAGE)
      const told: readonly AgentEvent[] = usages.size === 0 ? [] : [{ type: 'agent.usage', usage }]
      return { session, at: entries.at, events: [...calls.close(), ...told] }
    },
  }
}

/** The chat files of the Gemini CLI. */
export const geminiTranscript: Transcript = {
  isPart: (path) => /^\.gemini\/tmp\/[^/]+\/chats\/session-[^/]*\.jsonl$/.test(path),
  reader,
}
