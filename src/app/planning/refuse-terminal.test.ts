import { expect, test } from 'vitest'
import { claude } from '../../providers/claude.ts'
import { codex } from '../../providers/codex.ts'
import { noop } from '../../providers/noop.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Deps } from '../deps.ts'
import { refusePrompt, refuseTerminal } from './refuse-terminal.ts'

const { interactive: _, ...mine } = { ...codex, id: 'mine', title: 'Mine' }
const providers = new Map<string, Provider>([codex, claude, noop, mine].map((one) => [one.id, one]))
const deps = { config: { providers } } as unknown as Deps
const refuse = (provider: Provider, rest: object = {}) => {
  refuseTerminal(deps, provider, { isolation: 'container', prompt: '', ...rest })
}

test('an agent with a screen of its own is taken, with and without a prompt', () => {
  expect(() => refuse(codex)).not.toThrow()
  expect(() => refuse(claude, { prompt: 'x'.repeat(100_000) })).not.toThrow()
})

test('one without is refused, and those that have one are named', () => {
  expect(() => refuse(mine)).toThrow(
    expect.objectContaining({
      message: '--mode interactive: Berth cannot run Mine on a terminal',
      hint: 'Leave --mode out, or use one of these agents: codex, claude.',
    }),
  )
})

test('a task on the host has no terminal', () => {
  expect(() => refuse(codex, { isolation: 'host' })).toThrow('--isolation host')
})

test('a prompt that no argument can hold is refused', () => {
  expect(() => refuse(codex, { prompt: 'é'.repeat(50_001) })).toThrow('the prompt has 100002 bytes')
})

test('a further prompt may be empty at a terminal alone', () => {
  expect(() => refusePrompt(' ', 'interactive')).not.toThrow()
  for (const mode of ['review', undefined] as const)
    expect(() => refusePrompt(' ', mode)).toThrow(expect.objectContaining({ code: 'empty-prompt' }))
  expect(() => refusePrompt('x'.repeat(100_001), 'interactive')).toThrow('100001 bytes')
  expect(() => refusePrompt('x'.repeat(100_001), undefined)).not.toThrow()
})
