import { expect, test } from 'vitest'
import type { TokenListener } from '../../token-daemon/token-daemon.ts'
import { holdToken } from './hold-token.ts'

/** A turn with a token inside, whose daemon says what `hold` makes it say. */
const held = (ready: Promise<void>, hold: (listener: TokenListener) => void = () => {}) => {
  const hidden: string[] = []
  const log: object[] = []
  const shutdown = new AbortController()
  const plan = {
    ...{ task: 't-1', turn: 1, folders: { task: '/t', socket: '/r/g/t-1' }, owner: null },
    source: { kind: 'clone', url: 'https://git.test/acme/app.git' },
    tokenInside: { host: 'git.test', repository: 'acme/app', permissions: { contents: 'write' } },
  }
  const tokens = {
    hold: (_place: object, _order: object, listener: TokenListener) => {
      hold(listener)
      return { ready, [Symbol.dispose]: () => {} }
    },
  }
  const live = { id: 't-1', record: {}, callerContext: null, hide: (all: string[]) => hidden.push(...all) }
  const deps = { tokens, log: (line: object) => log.push(line) }
  const token = holdToken({ deps, live, plan, signal: shutdown.signal } as never, 20)
  return { token, hidden, log, shutdown }
}

test('the token of an agent that runs already is masked before its output is read', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { token, hidden } = held(promise, (listener) =>
    setImmediate(() => {
      listener.onToken('ghs_1')
      resolve()
    }),
  )
  await token.adopted()
  expect(hidden).toEqual(['ghs_1'])
})

test('a daemon that does not answer holds no output up, and is logged', async () => {
  const { token, log } = held(new Promise(() => {}))
  await token.adopted()
  expect(log).toHaveLength(1)
})

test('a supervisor that shuts down waits for no daemon', async () => {
  const { token, shutdown, log } = held(new Promise(() => {}))
  shutdown.abort(new Error('the supervisor shuts down'))
  await expect(token.adopted()).rejects.toThrow('the supervisor shuts down')
  expect(log).toEqual([])
})
