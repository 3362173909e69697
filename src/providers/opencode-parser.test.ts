import { describe, expect, it } from 'vitest'
import { parseRecording } from '../../test/conformance/parse-recording.ts'
import { recordingsSuite } from '../../test/conformance/recordings.ts'
import { opencode } from './opencode.ts'
import { opencodeParser } from './opencode-parser.ts'

recordingsSuite(opencode, {
  hello: ['ok', /finished/],
  unicode: ['ok', /finished/],
  long: ['ok', /finished/],
  patch: ['ok', /finished/],
  resume: ['ok', /finished/],
  'drop-once': ['ok', /finished/],
  'e429-once': ['ok', /finished/],
  e400: ['model', /refused the request: 400: scripted 400$/],
  e401: ['auth', /refused the credentials: 401: scripted 401$/],
  e403: ['auth', /403: scripted 403$/],
  e404: ['model', /404: scripted 404$/],
  e429: ['rate-limit', /429: scripted 429$/],
  'e429-long': ['agent', /was ended by SIGKILL/],
  e500: ['network', /500: scripted 500$/],
  e503: ['network', /503: scripted 503$/],
  e529: ['network', /529: scripted 529$/],
  drop: ['network', /./],
  'drop-head': ['network', /Cannot connect to API/],
  'stream-error': ['network', /exploded/],
  refused: ['network', /Cannot connect to API/],
  'context-overflow': ['context', /maximum context length/],
  'int-tool': ['interrupted', /interrupted/],
  'int-silent': ['interrupted', /interrupted/],
  'term-tool': ['agent', /was ended by SIGTERM before its turn was over$/],
  'no-key': ['ok', /finished/],
  'resume-unknown': ['agent', /Session not found/],
  'resume-name': ['agent', /Session not found/],
  'bad-flag': [
    'agent',
    /ended with exit code 1 .*opencode run \[message\.\.\], with the options --help --version .* --auto$/,
  ],
})

describe('opencodeParser on recorded streams', () => {
  it('tells the usage of each request: the cached is part of the input, reasoning of the output', () => {
    const usages = parseRecording(opencode, 'hello').events.flatMap((event) =>
      event.type === 'agent.usage' ? [event.usage] : [],
    )
    expect(usages).toEqual([
      { inputTokens: 1000, cachedTokens: 200, outputTokens: 40, reasoningTokens: 5 },
      { inputTokens: 1050, cachedTokens: 250, outputTokens: 20, reasoningTokens: 0 },
      { inputTokens: 1100, cachedTokens: 350, outputTokens: 30, reasoningTokens: 0 },
    ])
  })

  it('tells the cost where opencode knows the model', () => {
    const part = { reason: 'stop', cost: 0.5, tokens: { input: 1, output: 1 } }
    const line = JSON.stringify({ type: 'step_finish', sessionID: 'ses_1', part })
    expect(opencodeParser({ resume: null }).line(line)[1]).toMatchObject({ usage: { costUsd: 0.5 } })
  })

  it('knows the session before the model answers', () => {
    expect(parseRecording(opencode, 'int-silent').events).toMatchObject([
      { type: 'agent.session', session: expect.stringMatching(/^ses_/) },
    ])
  })
})

describe('opencodeParser on lines that were not recorded', () => {
  const exit = { code: 0, signal: null, interrupted: false }
  const finish = (reason: string) => JSON.stringify({ type: 'step_finish', sessionID: 'ses_1', part: { reason } })

  it('takes exit 0 without a last word for no end', () => {
    const parser = opencodeParser({ resume: null })
    parser.line(finish('tool-calls'))
    expect(parser.end(exit).verdict).toMatchObject({ ok: false, class: 'agent' })
    parser.line(finish('stop'))
    expect(parser.end(exit).verdict.ok).toBe(true)
    parser.line(finish('length'))
    expect(parser.end(exit).verdict).toMatchObject({
      class: 'model',
      reason: expect.stringContaining('early (length)'),
    })
  })

  it('goes by the last word: an error that it got over is none', () => {
    const parser = opencodeParser({ resume: null })
    parser.line('{"type":"error","error":{"name":"ContextOverflowError","data":{"message":"too long"}}}')
    expect(parser.end(exit).verdict.class).toBe('context')
    parser.line(finish('stop'))
    expect(parser.end(exit).verdict.ok).toBe(true)
  })

  it('notices another session than the one to go on with, and leaves those of sub-agents alone', () => {
    const parser = opencodeParser({ resume: 'ses_1' })
    expect(parser.errorLine('timestamp=x level=INFO run=1 message=loop session.id=ses_1 step=0')).toEqual([
      { type: 'agent.session', session: 'ses_1' },
    ])
    expect(parser.errorLine('timestamp=x level=INFO run=1 message=loop session.id=ses_2 step=0')).toEqual([])
    const other = opencodeParser({ resume: 'ses_1' })
    expect(other.line('{"type":"step_start","sessionID":"ses_2"}')).toMatchObject([{ type: 'agent.error' }])
    expect(other.end(exit).verdict.reason).toContain('instead of going on with ses_1')
  })

  it("says what opencode's log says of an error that it did not expect", () => {
    const parser = opencodeParser({ resume: null })
    parser.errorLine('timestamp=x level=ERROR run=1 message=failed ref=e error="Error: no \\"such\\" thing\\n at x"')
    parser.line('{"type":"error","error":{"name":"UnknownError","data":{"message":"Unexpected server error."}}}')
    expect(parser.end({ ...exit, code: 1 }).verdict.reason).toBe('opencode failed: Error: no "such" thing')
  })
})
