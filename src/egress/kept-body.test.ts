import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { bodyBudget, keepBody } from './kept-body.ts'

/** A request whose body the test sends. */
const incoming = () => {
  const request = new IncomingMessage(new Socket())
  return {
    request,
    send: (text: string) => request.push(Buffer.from(text)),
    end: () => {
      request.complete = true
      request.push(null)
    },
  }
}

test('keeps the body while it is sent on', async () => {
  const { request, send, end } = incoming()
  const kept = keepBody(request, bodyBudget(100), 100)
  const upstream = request.pipe(new PassThrough())
  send('one ')
  send('two')
  end()
  let sent = ''
  for await (const piece of upstream) sent += piece
  expect([sent, String(await kept.whole())]).toEqual(['one two', 'one two'])
})

test('reads the rest where the server answered before it was sent', async () => {
  const { request, send, end } = incoming()
  const kept = keepBody(request, bodyBudget(100), 100)
  // It takes nothing: the client waits.
  request.pipe(new PassThrough({ highWaterMark: 1 }))
  send('one ')
  const whole = kept.whole()
  send('two')
  end()
  expect(String(await whole)).toBe('one two')
})

test.each([
  ['longer than a body may be', 100, 5],
  ['longer than all bodies may be', 5, 100],
])('%s: none, and its room is free again', async (_, most, mostOfOne) => {
  const budget = bodyBudget(most)
  const { request, send, end } = incoming()
  const kept = keepBody(request, budget, mostOfOne)
  send('four')
  send('more')
  end()
  expect(await kept.whole()).toBeNull()
  expect(budget.take(most)).toBe(true)
})

test('a body that the client broke off is none', async () => {
  const { request, send } = incoming()
  const kept = keepBody(request, bodyBudget(100), 100)
  send('half')
  const whole = kept.whole()
  request.on('error', () => {}).destroy()
  expect(await whole).toBeNull()
})

test('a dropped body takes no room', async () => {
  const budget = bodyBudget(4)
  const { request, send, end } = incoming()
  const kept = keepBody(request, budget, 100)
  send('four')
  await new Promise((resolve) => setImmediate(resolve))
  expect(budget.take(1)).toBe(false)
  kept.drop()
  expect(budget.take(4)).toBe(true)
  end()
  expect(await kept.whole()).toBeNull()
})
