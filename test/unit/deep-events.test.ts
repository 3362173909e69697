import { expect, test } from 'vitest'
import { eventOf } from '../../src/domain/event-line.ts'
import { claude } from '../../src/providers/claude.ts'
import { codex } from '../../src/providers/codex.ts'
import { gemini } from '../../src/providers/gemini.ts'
import { opencode } from '../../src/providers/opencode.ts'

const LEVELS = 400_000
const DEEP = '['.repeat(LEVELS) + ']'.repeat(LEVELS)

/** The call of a tool by each CLI, with an argument that no stack can hold. */
const CALLS = [
  [
    'claude',
    claude,
    `{"type":"assistant","message":{"content":[{"type":"tool_use","id":"1","name":"Write","input":{"a":${DEEP}}}]}}`,
  ],
  [
    'codex',
    codex,
    `{"type":"item.started","item":{"id":"1","type":"mcp_tool_call","server":"s","tool":"t","arguments":${DEEP}}}`,
  ],
  ['gemini', gemini, `{"type":"tool_use","tool_id":"1","tool_name":"write","parameters":{"a":${DEEP}}}`],
  [
    'opencode',
    opencode,
    `{"type":"tool_use","part":{"type":"tool","tool":"write","callID":"1","state":{"status":"completed","input":{"a":${DEEP}},"output":""}}}`,
  ],
] as const

test.each(CALLS)('%s: an event that is nested without end breaks no parser', (_, provider, line) => {
  const parser = provider.parser({ previousThread: null, resume: null })
  const events = [...parser.line(line), ...parser.errorLine(line)]
  expect(JSON.stringify(events).length).toBeGreaterThan(0)
})

test('a line of a journal that is nested without end is nobody’s word', () => {
  const line = `{"v":1,"seq":1,"at":"2026-01-01T00:00:00.000Z","type":"agent.started","turn":1,"more":${DEEP}}`
  expect(() => JSON.stringify(eventOf('', line))).not.toThrow()
})
