import { describe, expect, test } from 'vitest'
import type { Event } from '../domain/event.ts'
import { judgeTurn } from './judge-turn.ts'
import { LAST_WORD, SAID } from './scripted-model.ts'

const event = (part: object) => part as Event
const SESSION = event({ type: 'agent.session', session: 's' })
const TOOL = event({ type: 'agent.tool.end', id: '1', name: 'bash', ok: true, exitCode: 0, output: `${SAID}\n1.2.3\n` })
const WORD = event({ type: 'agent.message', text: LAST_WORD })
const WELL = { code: 0, stderr: '' }

const failed = (events: readonly Event[], how: { code: number | null; stderr: string } = WELL) =>
  judgeTurn(events, '1.2.3', how)
    .filter(({ ok }) => !ok)
    .map(({ name }) => name)

describe('judgeTurn', () => {
  test('a turn with its command, version and last word passes', () => {
    expect(failed([SESSION, TOOL, WORD])).toEqual([])
  })

  test.each([
    ['the CLI ended badly', [SESSION, TOOL, WORD], { code: 1, stderr: 'berth: it failed\n  a hint' }, ['turn']],
    ['no command ran', [SESSION, WORD], WELL, ['shell', 'version']],
    ['the command failed', [SESSION, event({ ...TOOL, exitCode: 1 }), WORD], WELL, ['shell']],
    ['it is another version', [SESSION, event({ ...TOOL, output: SAID }), WORD], WELL, ['version']],
    ['no session was told', [TOOL, WORD], WELL, ['parser']],
    ['the last word was lost', [SESSION, TOOL], WELL, ['parser']],
    [
      'a line was not understood',
      [SESSION, TOOL, WORD, event({ type: 'agent.output', stream: 'stdout', text: 'x' })],
      WELL,
      ['parser'],
    ],
    ['a frame was forged', [SESSION, TOOL, WORD, event({ type: 'untrusted', text: 'x' })], WELL, ['parser']],
  ] as const)('%s', (_, events, how, names) => {
    expect(failed(events, how)).toEqual(names)
  })

  test('the first line of the error says how the turn went', () => {
    const checks = judgeTurn([], '1.2.3', { code: 1, stderr: 'berth: it failed\n  a hint' })
    expect(checks[0]).toEqual({ name: 'turn', ok: false, detail: 'berth: it failed' })
  })
})
