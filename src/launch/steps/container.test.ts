import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import type { LaunchDeps } from '../deps.ts'
import { createContainer } from './container.ts'

const bench = () => {
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
  return { stop, answer, told, launched, created }
}

test('a stop that comes upon a create waits for its answer', async () => {
  const { stop, answer, told, launched, created } = bench()
  stop.abort(new Error('stopped'))
  answer.resolve('abc')
  await created
  expect([launched.container, told]).toEqual(['abc', ['container.created']])
})

test.each(['answer', 'error'])('a create that is over, with an %s, leaves nobody listening for a stop', async (end) => {
  const { stop, answer, created } = bench()
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1)
  if (end === 'answer') answer.resolve('abc')
  else answer.reject(new Error('refused'))
  await created.catch(() => {})
  expect(getEventListeners(stop.signal, 'abort')).toEqual([])
})
