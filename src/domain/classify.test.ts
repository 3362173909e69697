import { expect, test } from 'vitest'
import { classify, type TurnFacts } from './classify.ts'

const DONE: TurnFacts = {
  exit: { code: 0, oom: false, gone: false, error: null },
  stop: null,
  verdict: null,
  failed: null,
  agentEnd: { end: 'exit', oom: false, code: 0, signal: null, message: null },
  ended: true,
  dropped: 0,
  provider: { ok: true, class: 'ok', reason: 'the agent is done' },
}
const verdict = { class: 'auth', status: 401, message: 'wrong key', gateway: 'g', line: 1, fatal: true } as const
const notOk = { ok: false, class: 'rate-limit', reason: 'too many requests' }
const exit = (code: number | null, rest: object = {}) => ({ ...DONE.exit, code, ...rest })

test.each<[string, Partial<TurnFacts>, string, string]>([
  ['the agent is done', {}, 'done', 'ok'],
  [
    'last event says done, a child was killed',
    { agentEnd: { ...DONE.agentEnd!, end: 'final-event', code: null, signal: 'SIGKILL' } },
    'done',
    'ok',
  ],
  [
    'a person stopped it',
    { stop: { by: 'user', reason: 'stopped by the user' }, provider: notOk },
    'stopped',
    'stopped',
  ],
  [
    'the model refuses the key',
    { verdict, stop: { by: 'verdict', reason: 'wrong key' }, provider: notOk },
    'failed',
    'auth',
  ],
  [
    'a model that cannot be reached',
    { verdict: { ...verdict, class: 'unreachable' }, provider: notOk },
    'failed',
    'network',
  ],
  ['a verdict that the agent got over', { verdict }, 'done', 'ok'],
  ['done while the stop for a verdict was under way', { verdict, stop: { by: 'verdict', reason: 'x' } }, 'done', 'ok'],
  ['forged frames say done, the exit code does not', { exit: exit(1) }, 'failed', 'agent'],
  ['forged frames say done, the verdict and the exit code do not', { exit: exit(1), verdict }, 'failed', 'auth'],
  ['forged frames say done, the container is gone', { exit: exit(null, { gone: true }) }, 'died', 'killed'],
  [
    'stopped from outside',
    { exit: exit(1), agentEnd: { ...DONE.agentEnd!, end: 'stopped' }, provider: notOk },
    'died',
    'killed',
  ],
  ['the agent gives up on a rate limit', { exit: exit(1), provider: notOk }, 'failed', 'rate-limit'],
  ['the agent fails', { exit: exit(3), provider: { ok: false, class: 'agent', reason: 'no' } }, 'failed', 'agent'],
  ['no word of the provider', { exit: exit(3), provider: null }, 'failed', 'agent'],
  ['time is up', { agentEnd: { ...DONE.agentEnd!, end: 'turn-limit' }, provider: notOk }, 'failed', 'limit'],
  [
    'the clone failed',
    { exit: exit(125), failed: { stage: 'clone', message: 'no' }, provider: null, agentEnd: null, ended: false },
    'failed',
    'setup',
  ],
  [
    'the CLI is not there',
    { exit: exit(125), agentEnd: { ...DONE.agentEnd!, end: 'not-started', message: 'ENOENT' }, provider: null },
    'failed',
    'setup',
  ],
  ['the container was killed', { exit: exit(137), ended: false, agentEnd: null, provider: null }, 'died', 'killed'],
  ['killed after the agent was done, before its work was packed', { exit: exit(137), ended: false }, 'died', 'killed'],
  [
    'the engine says out of memory',
    { exit: exit(137, { oom: true }), ended: false, agentEnd: null, provider: null },
    'died',
    'oom',
  ],
  [
    'the worker says the agent ran out of memory',
    { exit: exit(137), agentEnd: { ...DONE.agentEnd!, oom: true }, provider: notOk },
    'died',
    'oom',
  ],
  ['a command of the agent ran out of memory', { agentEnd: { ...DONE.agentEnd!, oom: true } }, 'done', 'ok'],
  ['too much output, its end seen', { dropped: 9 }, 'done', 'ok'],
  ['too much output, its end lost', { dropped: 9, provider: notOk }, 'failed', 'limit'],
  [
    'the container is gone',
    { exit: exit(null, { gone: true }), ended: false, agentEnd: null, provider: null },
    'died',
    'killed',
  ],
])('%s', (_name, facts, result, kind) => {
  const outcome = classify({ ...DONE, ...facts })
  expect([outcome.result, outcome.class]).toEqual([result, kind])
  expect(outcome.reason).not.toBe('')
})

test('who stopped a worker, and who says that memory ran out, is told as it is known', () => {
  const stopped = { exit: exit(143), agentEnd: { ...DONE.agentEnd!, end: 'stopped' }, provider: notOk }
  const oom = { exit: exit(137), agentEnd: { ...DONE.agentEnd!, oom: true }, provider: notOk }
  const reason = (facts: Partial<TurnFacts>) => classify({ ...DONE, ...facts }).reason
  expect(reason(stopped)).toContain('from inside the container')
  expect(reason({ ...stopped, stoppedByEngine: true })).toBe('something outside Berth stopped the container')
  expect(reason(oom)).toContain('only its worker reports')
  expect(reason({ ...oom, exit: exit(137, { oom: true }) })).not.toContain('word')
})
