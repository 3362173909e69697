import type { AgentErrorClass, AgentEvent, Usage } from '../domain/event.ts'
import { clip } from './clip.ts'
import { codexErrorClass, codexMessage } from './codex-error.ts'
import { codexItems } from './codex-items.ts'
import { child, count, type JsonObject, parseObject, text } from './json-field.ts'
import type { AgentExit, Parser, Verdict } from './provider.ts'

const NOTHING: Usage = { inputTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0 }

/** Codex counts the thread, not the turn. A sum below the last one is another thread's: then it is taken whole. */
const since = (thread: Usage, before: Usage): Usage => {
  if (thread.inputTokens < before.inputTokens || thread.outputTokens < before.outputTokens) return thread
  return {
    inputTokens: thread.inputTokens - before.inputTokens,
    cachedTokens: Math.max(0, thread.cachedTokens - before.cachedTokens),
    outputTokens: thread.outputTokens - before.outputTokens,
    reasoningTokens: Math.max(0, thread.reasoningTokens - before.reasoningTokens),
  }
}

const threadUsage = (usage: JsonObject): Usage => ({
  inputTokens: count(usage, 'input_tokens'),
  cachedTokens: count(usage, 'cached_input_tokens'),
  outputTokens: count(usage, 'output_tokens'),
  reasoningTokens: count(usage, 'reasoning_output_tokens'),
})

const MEANING: Readonly<Record<AgentErrorClass, string>> = {
  auth: 'the model refused the credentials',
  'rate-limit': 'the model is rate-limited or its quota is used up',
  network: 'the model did not answer',
  model: 'the model refused the request',
  context: 'the work no longer fits the model',
  agent: 'codex failed',
}

const failure = (kind: AgentErrorClass, message: string): Verdict => ({
  ok: false,
  class: kind,
  reason: message === '' ? MEANING[kind] : `${MEANING[kind]}: ${message}`,
})

type Trouble = { readonly class: AgentErrorClass; readonly message: string }
type Last = { readonly kind: 'completed' } | ({ readonly kind: 'failed' } & Trouble) | { readonly kind: 'none' }
type Seen = { readonly last: Last; readonly trouble: Trouble | null; readonly stderr: string }

const exitWords = (exit: AgentExit) => {
  if (exit.signal !== null) return `was ended by ${exit.signal}`
  return exit.code === null ? 'ended' : `ended with exit code ${exit.code}`
}

/** The last event decides, then whether it was interrupted, then what was heard before the end. */
const judge = ({ last, trouble, stderr }: Seen, exit: AgentExit): Verdict => {
  if (last.kind === 'completed') return { ok: true, class: 'ok', reason: 'codex finished its turn' }
  if (last.kind === 'failed') return failure(last.class, last.message)
  if (exit.interrupted)
    return { ok: false, class: 'interrupted', reason: 'codex was interrupted before its turn was over' }
  if (trouble !== null) return failure(trouble.class, trouble.message)
  const early = `it ${exitWords(exit)} before its turn was over`
  return failure(codexErrorClass(stderr), stderr === '' ? early : `${early}: ${stderr}`)
}

const isNoise = (line: string) => /^Reading .*from stdin\.\.\.$/.test(line)
const RECONNECTING = /^Reconnecting\.\.\. /

/** Reads the stream of `codex exec --json`. Usage it tells is of this turn: the thread's sum less what it was before. */
export const codexParser = (context: {
  readonly previousThread: Usage | null
  readonly resume: string | null
}): Parser => {
  const items = codexItems()
  let before = context.resume === null ? NOTHING : (context.previousThread ?? NOTHING)
  let last: Last = { kind: 'none' }
  let trouble: Trouble | null = null
  let otherThread: string | null = null
  let stderr = ''

  const onThread = (id: string): readonly AgentEvent[] => {
    if (id === '') return []
    if (context.resume === null || id === context.resume) return [{ type: 'agent.session', session: id }]
    otherThread = `codex started session ${id} instead of going on with ${context.resume}`
    return [{ type: 'agent.error', class: 'agent', text: otherThread }]
  }
  const onError = (raw: string): readonly AgentEvent[] => {
    const message = codexMessage(raw)
    const told = trouble?.message === message
    trouble = { class: codexErrorClass(raw), message }
    if (RECONNECTING.test(raw)) return [{ type: 'agent.notice', text: message }]
    return told ? [] : [{ type: 'agent.error', class: trouble.class, text: message }]
  }
  const onFailed = (event: JsonObject): readonly AgentEvent[] => {
    const events = onError(text(child(event, 'error'), 'message'))
    last = { kind: 'failed', ...(trouble ?? { class: 'agent', message: '' }) }
    return events
  }
  const onCompleted = (event: JsonObject): readonly AgentEvent[] => {
    last = { kind: 'completed' }
    const thread = threadUsage(child(event, 'usage'))
    const usage = since(thread, before)
    before = thread
    return [{ type: 'agent.usage', usage, thread }]
  }
  const read = (event: JsonObject): readonly AgentEvent[] => {
    switch (text(event, 'type')) {
      case 'thread.started':
        return onThread(text(event, 'thread_id'))
      case 'item.started':
      case 'item.updated':
        return items.read(child(event, 'item'), 'started')
      case 'item.completed':
        return items.read(child(event, 'item'), 'completed')
      case 'error':
        return onError(text(event, 'message'))
      case 'turn.failed':
        return onFailed(event)
      case 'turn.completed':
        return onCompleted(event)
      default:
        return []
    }
  }

  return {
    line: (line) => {
      if (line.trim() === '') return []
      const event = parseObject(line)
      return event === undefined ? [{ type: 'agent.output', stream: 'stdout', text: clip(line) }] : read(event)
    },
    errorLine: (line) => {
      if (line.trim() === '' || isNoise(line.trim())) return []
      // The first complaint has the cause, what follows is usage text.
      if (!/^error\b/i.test(stderr)) stderr = codexMessage(line)
      return [{ type: 'agent.output', stream: 'stderr', text: clip(line) }]
    },
    end: (exit) => {
      const verdict = judge({ last, trouble, stderr }, exit)
      const events = items.close()
      return otherThread === null ? { verdict, events } : { verdict: failure('agent', otherThread), events }
    },
  }
}
