import { describe, expect, it } from 'vitest'
import { parseRecording } from '../../test/conformance/parse-recording.ts'
import { recordingsSuite } from '../../test/conformance/recordings.ts'
import { claude } from './claude.ts'
import { claudeParser } from './claude-parser.ts'

recordingsSuite(claude, {
  hello: ['ok', /finished/],
  unicode: ['ok', /finished/],
  long: ['ok', /finished/],
  patch: ['ok', /finished/],
  resume: ['ok', /finished/],
  'e429-once': ['ok', /finished/],
  'drop-once': ['ok', /finished/],
  e400: ['model', /the model refused the request: API Error: 400 scripted 400$/],
  e401: ['auth', /Failed to authenticate. API Error: 401 scripted 401$/],
  e403: ['auth', /Failed to authenticate. API Error: 403 scripted 403$/],
  e404: ['model', /issue with the selected model \(claude-\S+\)/],
  e429: ['rate-limit', /Request rejected \(429\)/],
  'e429-long': ['rate-limit', /Request rejected \(429\)/],
  e500: ['network', /API Error: 500 scripted 500/],
  e503: ['network', /API Error: 503 scripted 503/],
  e529: ['network', /API Error: 529 scripted 529/],
  drop: ['network', /API Error/],
  'drop-head': ['network', /Connection dropped \(ECONNRESET\)/],
  'stream-error': ['network', /exploded/],
  refused: ['network', /Connection refused/],
  'context-overflow': ['context', /Prompt is too long/],
  'no-key': ['auth', /Not logged in/],
  'int-tool': ['interrupted', /claude was interrupted/],
  'int-silent': ['interrupted', /claude was interrupted/],
  'term-tool': ['agent', /it ended with exit code 143 before its turn was over$/],
  'resume-unknown': ['agent', /No conversation found with session ID/],
  'resume-name': ['agent', /not-a-uuid/],
  'bad-flag': ['agent', /ended with exit code 1 .*unknown option '--no-such-flag'/],
})

describe('claudeParser', () => {
  const read = (...lines: readonly object[]) => {
    const parser = claudeParser()
    return lines.flatMap((line) => parser.line(JSON.stringify(line)))
  }
  const usageOf = (name: string) =>
    parseRecording(claude, name).events.flatMap((event) => (event.type === 'agent.usage' ? [event.usage] : []))

  it('tells the usage and the cost of the turn, with what came from the cache', () => {
    const [first] = usageOf('hello')
    expect(first).toMatchObject({ inputTokens: 3150, cachedTokens: 800, outputTokens: 90, reasoningTokens: 5 })
    expect(first?.costUsd).toBeCloseTo(0.01136, 8)
    // The session's sum is 0.01256 by now.
    const [second] = usageOf('resume')
    expect(second).toMatchObject({ inputTokens: 1200, cachedTokens: 1000, outputTokens: 10, reasoningTokens: 0 })
    expect(second?.costUsd).toBeCloseTo(0.0012, 8)
  })

  it('believes the result and not the exit code: an interrupted turn ends with 0', () => {
    const { verdict } = parseRecording(claude, 'int-tool')
    expect(verdict.ok).toBe(false)
    const parser = claudeParser()
    parser.line(
      '{"type":"result","subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_tools"}',
    )
    expect(parser.end({ code: 0, signal: null, interrupted: false }).verdict).toMatchObject({
      ok: false,
      class: 'interrupted',
    })
  })

  it('believes is_error and not the subtype, which is `success` for errors of the model', () => {
    const parser = claudeParser()
    parser.line('{"type":"result","subtype":"success","is_error":true,"result":"API Error: 529 busy"}')
    expect(parser.end({ code: 0, signal: null, interrupted: false }).verdict).toMatchObject({
      ok: false,
      class: 'network',
    })
  })

  it('shows a sub-agent’s calls, and its words once', () => {
    const content = [
      { type: 'text', text: 'to myself' },
      { type: 'tool_use', id: 't1', name: 'Grep', input: { pattern: 'x' } },
    ]
    expect(read({ type: 'assistant', parent_tool_use_id: 't0', message: { content } })).toEqual([
      { type: 'agent.tool.start', id: 't1', name: 'Grep', input: '{"pattern":"x"}' },
    ])
  })

  it('reads results that are lists of parts', () => {
    const content = [
      { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'a' }, { type: 'image' }] },
    ]
    const start = { type: 'assistant', message: { content: [{ type: 'tool_use', id: 't1', name: 'Read', input: {} }] } }
    expect(read(start, { type: 'user', message: { content } })).toMatchObject([
      { type: 'agent.tool.start', name: 'Read' },
      { type: 'agent.tool.end', name: 'Read', ok: true, output: 'a\n[image]' },
    ])
  })
})
