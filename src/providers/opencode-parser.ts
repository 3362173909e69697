import type { AgentErrorClass, AgentEvent } from '../domain/event.ts'
import { firstLine } from '../std/first-line.ts'
import { withoutSequences } from '../std/without-sequences.ts'
import { clip } from './clip.ts'
import { child, type JsonObject, text } from './json-field.ts'
import { heardLine, objectLine } from './line-events.ts'
import { opencodeError } from './opencode-error.ts'
import { opencodeLog } from './opencode-log.ts'
import { opencodeTool } from './opencode-tool.ts'
import { opencodeUsage } from './opencode-usage.ts'
import { type Heard, opencodeVerdict } from './opencode-verdict.ts'
import type { Parser } from './provider.ts'

const FINAL_REASON = 'stop'
/** Of its usage: a flag that it knows. */
const OPTION = /^\s+(?:-\w, )?(--[a-z-]+)\s/
const MOST_OPTIONS = 40
const GOES_ON = new Set(['tool-calls', 'unknown', ''])

const usageOf = (part: JsonObject): readonly AgentEvent[] => {
  const usage = opencodeUsage(part)
  return usage.inputTokens + usage.outputTokens === 0 ? [] : [{ type: 'agent.usage', usage }]
}

const said = (type: 'agent.message' | 'agent.reasoning', part: JsonObject): readonly AgentEvent[] => {
  const words = text(part, 'text')
  return words === '' ? [] : [{ type, text: words }]
}

/** Reads the stream of `opencode run --format json --print-logs`. */
export const opencodeParser = (context: { readonly resume: string | null }): Parser => {
  const heard: Heard = { last: { kind: 'none' }, otherSession: null, stderr: '', options: [], fault: '' }
  let session: string | null = null

  const onSession = (id: string): readonly AgentEvent[] => {
    // Sessions of sub-agents come later.
    if (id === '' || session !== null) return []
    session = id
    if (context.resume === null || id === context.resume) return [{ type: 'agent.session', session: id }]
    heard.otherSession = `opencode started session ${id.slice(0, 100)} instead of going on with ${context.resume}`
    return [{ type: 'agent.error', class: 'agent', text: heard.otherSession }]
  }
  const failed = (kind: AgentErrorClass, message: string): readonly AgentEvent[] => {
    const { last } = heard
    heard.last = { kind: 'failed', class: kind, message }
    // The end of the session says again what its message said.
    const told = last.kind === 'failed' && last.message === message
    return told ? [] : [{ type: 'agent.error', class: kind, text: message }]
  }
  const onFinish = (part: JsonObject): readonly AgentEvent[] => {
    const usage = usageOf(part)
    const reason = text(part, 'reason')
    if (reason === FINAL_REASON) heard.last = { kind: 'completed' }
    else if (GOES_ON.has(reason)) heard.last = { kind: 'none' }
    else return [...usage, ...failed('model', `the model ended its answer early (${reason.slice(0, 60)})`)]
    return usage
  }
  const read = (event: JsonObject): readonly AgentEvent[] => {
    const part = child(event, 'part')
    switch (text(event, 'type')) {
      case 'text':
        return said('agent.message', part)
      case 'reasoning':
        return said('agent.reasoning', part)
      case 'tool_use':
        return opencodeTool(part)
      case 'step_finish':
        return onFinish(part)
      case 'error': {
        const error = opencodeError(child(event, 'error'))
        return failed(error.class, error.message)
      }
      default:
        return []
    }
  }
  const onLog = (line: string): readonly AgentEvent[] | undefined => {
    const log = opencodeLog(line)
    if (log === undefined) return undefined
    const id = log.field('message') === 'created' ? log.field('id') : log.field('session.id')
    const begun = id.startsWith('ses_') ? onSession(id) : []
    if (log.level !== 'ERROR') return begun
    // Its stream says "check server logs" for what it did not expect.
    if (log.field('message') === 'failed') heard.fault = firstLine(log.field('error')).slice(0, 600)
    const trouble = log.field('message') === 'stream error' ? log.field('error.error') : ''
    // While it tries again the stream is silent.
    return trouble === '' ? begun : [...begun, { type: 'agent.notice', text: clip(`the model: ${trouble}`, 600) }]
  }

  const onErrorLine = heardLine((line) => {
    const option = OPTION.exec(line)?.[1]
    if (option !== undefined && heard.options.length < MOST_OPTIONS) heard.options.push(option.slice(0, 20))
    // The first complaint has the cause, what follows is usage text.
    if (heard.stderr === '' || (/^error\b/i.test(line) && !/^error\b/i.test(heard.stderr)))
      heard.stderr = line.trim().slice(0, 600)
  })

  return {
    line: objectLine((event) => [...onSession(text(event, 'sessionID')), ...read(event)]),
    errorLine: (raw) => {
      const line = withoutSequences(raw)
      return onLog(line) ?? onErrorLine(line)
    },
    end: (exit) => ({ verdict: opencodeVerdict(heard, exit), events: [] }),
  }
}
