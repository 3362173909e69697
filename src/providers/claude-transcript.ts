import type { AgentEvent } from '../domain/event.ts'
import { addUsage, NO_USAGE, type Usage } from '../domain/usage.ts'
import { resultBlock, saidBlock } from './claude-blocks.ts'
import { claudeErrorClass, claudeMessage } from './claude-error.ts'
import { claudeUsage } from './claude-usage.ts'
import { child, children, type JsonObject, text } from './json-field.ts'
import { openCalls } from './open-calls.ts'
import type { Transcript, TranscriptReader } from './provider.ts'
import { sessionEntries } from './session-entries.ts'

/** Tags in which the CLI wraps what is no person's prompt: its own commands and their output. */
const OWN_WORDS = /^<(?:command-|local-command|bash-|system-reminder)/

const asked = (entry: JsonObject): readonly AgentEvent[] => {
  const words = text(child(entry, 'message'), 'content')
  if (words === '' || entry['isMeta'] === true || OWN_WORDS.test(words)) return []
  return [{ type: 'agent.asked', text: words }]
}

/** An answer that the CLI made itself to tell of an error. */
const apiError = (blocks: readonly JsonObject[]): readonly AgentEvent[] => {
  const words = blocks.map((block) => text(block, 'text')).join('\n')
  return [{ type: 'agent.error', class: claudeErrorClass(words), text: claudeMessage(words) }]
}

const reader = (since: number): TranscriptReader => {
  const entries = sessionEntries(since)
  const calls = openCalls()
  /** An answer of several blocks has an entry for each, all with the answer's usage. */
  const usages = new Map<string, Usage>()
  let session = ''

  const onAssistant = (entry: JsonObject): readonly AgentEvent[] => {
    const message = child(entry, 'message')
    const blocks = children(message, 'content')
    if (entry['isApiErrorMessage'] === true) return apiError(blocks)
    usages.set(text(message, 'id'), claudeUsage(child(message, 'usage')))
    return blocks.flatMap((block) => saidBlock(calls, block, false))
  }
  const onUser = (entry: JsonObject): readonly AgentEvent[] => [
    ...asked(entry),
    ...children(child(entry, 'message'), 'content').flatMap((block) =>
      resultBlock(calls, block, child(entry, 'toolUseResult')),
    ),
  ]
  return {
    line: (line) => {
      const { entry, isNew } = entries.read(line) ?? { entry: {}, isNew: false }
      if (!isNew || entry['isSidechain'] === true) return []
      session ||= text(entry, 'sessionId')
      if (text(entry, 'type') === 'assistant') return onAssistant(entry)
      return text(entry, 'type') === 'user' ? onUser(entry) : []
    },
    end: () => {
      if (entries.at === null || session === '') return null
      const usage = [...usages.values()].reduce(addUsage, NO_USAGE)
      const told: readonly AgentEvent[] = usages.size === 0 ? [] : [{ type: 'agent.usage', usage }]
      return { session, at: entries.at, events: [...calls.close(), ...told] }
    },
  }
}

/** The session files of Claude Code; those of sub-agents lie a folder deeper. */
export const claudeTranscript: Transcript = {
  isPart: (path) => /^\.claude\/projects\/[^/]+\/[^/]+\.jsonl$/.test(path),
  reader,
}
