import { describe, expect, it } from 'vitest'
import { parseRecording } from '../../test/conformance/parse-recording.ts'
import { recordingsSuite } from '../../test/conformance/recordings.ts'
import { gemini } from './gemini.ts'
import { geminiParser } from './gemini-parser.ts'

recordingsSuite(gemini, {
  hello: ['ok', /finished/],
  unicode: ['ok', /finished/],
  long: ['ok', /finished/],
  patch: ['ok', /finished/],
  resume: ['ok', /finished/],
  'e429-once': ['ok', /finished/],
  'drop-once': ['network', /terminated/],
  e400: ['model', /refused the request: .*scripted 400$/],
  e401: ['auth', /401 scripted 401$/],
  e403: ['auth', /403 scripted 403$/],
  e404: ['model', /scripted 404$/],
  e429: ['rate-limit', /scripted 429/],
  'e429-long': ['rate-limit', /scripted 429/],
  e500: ['network', /scripted 500/],
  e503: ['network', /scripted 503/],
  e529: ['network', /scripted 529/],
  drop: ['network', /terminated/],
  'drop-head': ['network', /fetch failed/],
  'stream-error': ['network', /ended without a finish reason/],
  refused: ['network', /fetch failed/],
  'context-overflow': ['context', /input token count/],
  'no-key': ['auth', /GEMINI_API_KEY/],
  'int-tool': ['interrupted', /gemini was interrupted/],
  'int-silent': ['interrupted', /gemini was interrupted/],
  'term-tool': ['agent', /it ended with exit code 0 before its turn was over/],
  'resume-unknown': ['agent', /exit code 42 .*No previous sessions found/],
  'resume-name': ['agent', /exit code 42/],
  'bad-flag': ['agent', /ended with exit code 1 .*Unknown arguments: such-flag/],
})

describe('geminiParser', () => {
  it('tells the usage of the turn, thoughts among the output', () => {
    const { events } = parseRecording(gemini, 'hello')
    const usage = events.flatMap((event) => (event.type === 'agent.usage' ? [event.usage] : []))
    expect(usage).toEqual([{ inputTokens: 3250, cachedTokens: 800, outputTokens: 100, reasoningTokens: 5 }])
  })

  it('an exit code above 128 is a status of the model’s, where words tell nothing', () => {
    const end = (code: number, message: string) => {
      const parser = geminiParser()
      parser.line(JSON.stringify({ type: 'result', status: 'error', error: { message } }))
      return parser.end({ code, signal: null, interrupted: false }).verdict.class
    }
    const classes = [145, 147, 144, 173, 244, 247, 17].map((code) => end(code, '[API Error: it went wrong]'))
    expect(classes).toEqual(['auth', 'auth', 'model', 'rate-limit', 'network', 'network', 'network'])
    expect(end(1, '[API Error: it went wrong]')).toBe('agent')
  })

  it('tells no session that holds nothing yet', () => {
    const sessions = (name: string) =>
      parseRecording(gemini, name).events.filter(({ type }) => type === 'agent.session')
    expect(sessions('e401')).toEqual([])
    expect(sessions('int-silent')).toEqual([])
    expect(sessions('int-tool')).toHaveLength(1)
    expect(sessions('patch')).toHaveLength(1)
  })

  it('exit code 0 without a result is no success', () => {
    const parser = geminiParser()
    parser.line('{"type":"message","role":"assistant","content":"half","delta":true}')
    expect(parser.end({ code: 0, signal: null, interrupted: false })).toMatchObject({
      verdict: { ok: false, class: 'agent' },
      events: [{ type: 'agent.message', text: 'half' }],
    })
  })

  it('ends a call whose result came cut', () => {
    const parser = geminiParser()
    parser.line('{"type":"tool_use","tool_id":"t","tool_name":"run_shell_command","parameters":{"command":"x"}}')
    const head =
      '{"type":"tool_result","timestamp":"2026-01-01T00:00:00.000Z","tool_id":"t","status":"success","output":"'
    const events = parser.line(head + 'y'.repeat(3_000_000))
    expect(events).toMatchObject([{ type: 'agent.tool.end', id: 't', ok: true, output: expect.stringMatching(/^yyy/) }])
    expect(JSON.stringify(events).length).toBeLessThan(40_000)
  })

  it('joins the pieces of a message', () => {
    const parser = geminiParser()
    const piece = (content: string) => parser.line(JSON.stringify({ type: 'message', role: 'assistant', content }))
    expect([...piece('a '), ...piece('b')]).toEqual([])
    expect(parser.line('{"type":"tool_use","tool_id":"t","tool_name":"list","parameters":{}}')).toEqual([
      { type: 'agent.message', text: 'a b' },
      { type: 'agent.tool.start', id: 't', name: 'list', input: '{}' },
    ])
  })
})
