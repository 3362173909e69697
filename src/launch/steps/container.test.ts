import { expect, test } from 'vitest'
import type { LaunchDeps } from '../deps.ts'
import { createContainer } from './container.ts'

test('a stop that comes upon a create waits for its answer', async () => {
  const stop = new AbortController()
  const answer = Promise.withResolvers<string>()
  const told: string[] = []
  const launched = { container: '' }
  const created = createContainer(
    {
      plan: { turn: 1, container: { name: 'c', image: 'i' }, engine: { kind: 'docker' }, image: { digest: null } },
      engine: {
        create: (_: unknown, signal: AbortSignal) => {
          signal.addEventListener('abort', () => answer.reject(signal.reason))
          return answer.promise
        },
      },
      emit: ({ type }: { readonly type: string }) => void told.push(type),
      signal: stop.signal,
    } as unknown as LaunchDeps,
    launched,
  )
  stop.abort(new Error('stopped'))
  answer.resolve('abc')
  await created
  expect([launched.container, told]).toEqual(['abc', ['container.created']])
})
