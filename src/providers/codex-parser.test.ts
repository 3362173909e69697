import { describe, expect, it } from 'vitest'
import { parseRecording } from '../../test/conformance/parse-recording.ts'
import { recordingsSuite } from '../../test/conformance/recordings.ts'
import { codex } from './codex.ts'
import { codexParser } from './codex-parser.ts'

recordingsSuite(codex, {
  hello: ['ok', /finished/],
  resume: ['ok', /finished/],
  quotes: ['ok', /finished/],
  unicode: ['ok', /finished/],
  long: ['ok', /finished/],
  patch: ['ok', /finished/],
  background: ['ok', /finished/],
  'unlisted-model': ['ok', /finished/],
  'drop-once': ['ok', /finished/],
  'e429-once': ['ok', /finished/],
  e400: ['model', /refused the request: scripted 400$/],
  e401: ['auth', /unexpected status 401 Unauthorized: scripted 401$/],
  e403: ['auth', /unexpected status 403 Forbidden/],
  e404: ['model', /unexpected status 404 Not Found: scripted 404$/],
  'unknown-model': ['model', /The model `nope` does not exist$/],
  e429: ['rate-limit', /last status: 429/],
  'e429-long': ['rate-limit', /last status: 429/],
  'e429-retry-after': ['rate-limit', /last status: 429/],
  e500: ['network', /high demand/],
  e503: ['network', /unexpected status 503/],
  e529: ['network', /unexpected status 529/],
  drop: ['network', /stream disconnected/],
  'drop-head': ['network', /stream disconnected/],
  'stream-error': ['network', /stream disconnected before completion: exploded/],
  refused: ['network', /waiting for network/],
  'usage-limit': ['rate-limit', /hit your usage limit/],
  quota: ['rate-limit', /Quota exceeded/],
  'context-overflow': ['context', /context window/],
  'int-tool': ['interrupted', /interrupted/],
  'int-silent': ['interrupted', /interrupted/],
  'term-tool': ['agent', /was ended by SIGTERM before its turn was over$/],
  'no-key': ['auth', /Missing environment variable: `BERTH_MODEL_KEY`/],
  'resume-unknown': ['agent', /no rollout found for thread id/],
  'resume-name': ['agent', /started session \S+ instead of going on with not-a-uuid/],
  'bad-flag': ['agent', /ended with exit code 2 .*unexpected argument '--no-such-flag'/],
})

describe('codexParser', () => {
  it('tells the usage of the turn: the sum of the thread less what it was', () => {
    const first = parseRecording(codex, 'hello').events.find((event) => event.type === 'agent.usage')
    expect(first?.usage).toEqual({ inputTokens: 3150, cachedTokens: 800, outputTokens: 90, reasoningTokens: 5 })
    const second = parseRecording(codex, 'resume', first?.thread ?? null).events.find(
      (event) => event.type === 'agent.usage',
    )
    expect(second?.usage).toEqual({ inputTokens: 1200, cachedTokens: 1000, outputTokens: 10, reasoningTokens: 0 })
    expect(second?.thread).toMatchObject({ inputTokens: 4350 })
  })

  it('shows a command as the agent wrote it', () => {
    const inputs = parseRecording(codex, 'quotes').events.flatMap((event) =>
      event.type === 'agent.tool.start' ? [event.input] : [],
    )
    expect(inputs).toEqual([
      `printf '%s\\n' "it's \\"q\\" \\$x \`date +%s\`" 'a\\b' > q.txt; cat q.txt | sed 's/[0-9]\\{9,\\}/N/'`,
      'echo plain',
      'echo a\\ b\necho second',
    ])
  })
})

describe('codexParser on lines that were not recorded', () => {
  const read = (...lines: readonly object[]) => {
    const parser = codexParser({ previousThread: null, resume: null })
    return lines.flatMap((line) => parser.line(JSON.stringify(line)))
  }
  const item = (stage: string, fields: object) => ({ type: `item.${stage}`, item: { id: 'item_1', ...fields } })

  it('reads calls of tools over MCP', () => {
    const call = { type: 'mcp_tool_call', server: 'db', tool: 'query', arguments: { q: 1 } }
    const done = {
      ...call,
      status: 'completed',
      result: { content: [{ type: 'text', text: 'rows' }, { type: 'image' }] },
    }
    expect(read(item('started', call), item('completed', done))).toEqual([
      { type: 'agent.tool.start', id: 'item_1', name: 'db.query', input: '{"q":1}' },
      { type: 'agent.tool.end', id: 'item_1', name: 'db.query', ok: true, output: 'rows\n{"type":"image"}' },
    ])
    expect(read(item('completed', { ...call, status: 'failed', error: { message: 'no' } }))).toMatchObject([
      { type: 'agent.tool.start', name: 'db.query' },
      { type: 'agent.tool.end', ok: false, output: 'no' },
    ])
  })

  it('reads searches, plans and changes that failed', () => {
    expect(read(item('completed', { type: 'web_search', query: 'node lts' }))).toMatchObject([
      { type: 'agent.tool.start', input: 'node lts' },
      { type: 'agent.tool.end', ok: true },
    ])
    const items = [
      { text: 'read', completed: true },
      { text: 'write', completed: false },
    ]
    expect(read(item('updated', { type: 'todo_list', items }))).toEqual([
      { type: 'agent.notice', text: 'plan:\n[x] read\n[ ] write' },
    ])
    const changes = [{ path: 'a', kind: 'update' }]
    expect(read(item('completed', { type: 'file_change', changes, status: 'failed' }))).toEqual([
      { type: 'agent.notice', text: 'a change of a failed' },
    ])
  })

  it('skips what it does not know, and shows what is no event', () => {
    expect(read({ type: 'new.thing' }, item('completed', { type: 'new_item' }))).toEqual([])
    const parser = codexParser({ previousThread: null, resume: null })
    expect(parser.line('plain words')).toEqual([{ type: 'agent.output', stream: 'stdout', text: 'plain words' }])
    expect(parser.line('{"type":"item.comp')).toMatchObject([{ type: 'agent.output' }])
    expect(parser.errorLine('Reading prompt from stdin...')).toEqual([])
  })

  it('believes the last event over the exit code', () => {
    const parser = codexParser({ previousThread: null, resume: null })
    parser.line('{"type":"turn.completed","usage":{"input_tokens":1}}')
    expect(parser.end({ code: null, signal: 'SIGKILL', interrupted: true }).verdict.ok).toBe(true)
    const failed = codexParser({ previousThread: null, resume: null })
    failed.line('{"type":"turn.failed","error":{"message":"boom"}}')
    expect(failed.end({ code: 0, signal: null, interrupted: false }).verdict).toEqual({
      ok: false,
      class: 'agent',
      reason: 'codex failed: boom',
    })
  })

  it('bounds the output of a command', () => {
    const huge = item('completed', {
      type: 'command_execution',
      command: 'x',
      aggregated_output: 'y'.repeat(1_000_000),
      exit_code: 0,
      status: 'completed',
    })
    const end = read(huge).find((event) => event.type === 'agent.tool.end')
    expect(end?.output.length).toBeLessThan(40_000)
    expect(end?.output).toContain('characters left out')
  })
})
