import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { DIAL_FAILURES } from '../domain/dial.ts'
import type { DialAnswer } from './control-dial.ts'
import { dialSandbox } from './dial-sandbox.ts'

const never = new AbortController().signal
const asked = { task: 't-1', target: { kind: 'port', port: 3000 }, signal: never } as const

/** A gateway that gives these answers, one after the other; an error is one that does not answer. */
const gateway = (...answers: readonly (Socket | DialAnswer | Error)[]) => {
  const ready: boolean[] = []
  const rest = [...answers]
  return {
    ready: async (_: string, lost: boolean) => void ready.push(lost),
    dial: async () => {
      const next = rest.shift()
      if (next === undefined) throw new Error('asked once too often')
      if (next instanceof Error) throw next
      return next
    },
    asked: ready,
  }
}
const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

test('a gateway that does not answer is waited for and asked again, three times at most', async () => {
  const socket = new Socket()
  const found = gateway(refused, refused, socket)
  expect(await dialSandbox(found, asked)).toBe(socket)
  expect(found.asked).toEqual([false, true, true])
  await expect(dialSandbox(gateway(refused, refused, refused), asked)).rejects.toMatchObject({
    code: 'port-unreachable',
    message: 't-1: port:3000 could not be asked for: connect ECONNREFUSED',
  })
})

test.each(DIAL_FAILURES)('%s is one error with words of its own, and no further try', async (failure) => {
  const found = gateway({ failure })
  const { code, message } = await dialSandbox(found, asked).catch((error) => error)
  expect([code, found.asked.length]).toEqual(['port-unreachable', 1])
  expect(message).toMatch(/^t-1: [a-z]/)
  expect(message).not.toMatch(/PORT|refused the connection/)
})

test('a gateway that knows no callers says so', async () => {
  const older = gateway({ error: 'no such control: POST /tasks/t-1/dial/port:3000' })
  await expect(dialSandbox(older, asked)).rejects.toMatchObject({
    message: 't-1: the gateway refused the connection: no such control: POST /tasks/t-1/dial/port:3000',
    hint: expect.stringContaining('older version'),
  })
})
