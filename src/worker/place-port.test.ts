import { expect, test } from 'vitest'
import type { WorkOrder } from '../domain/worker-protocol.ts'
import { placePort } from './place-port.ts'

const run = (text: string) => ({
  argv: ['/bin/agent', text] as const,
  env: { URL: text },
  files: [{ path: 'a', text, mode: 0o644 }],
})
const order = (text: string) => ({ run: run(text) }) as unknown as WorkOrder

test.each([
  ['base_url="http://127.0.0.1:0/v1"', 'base_url="http://127.0.0.1:4711/v1"'],
  ['http://127.0.0.1:0', 'http://127.0.0.1:4711'],
  ['http://127.0.0.1:08 and 10.127.0.0.1:0x', 'http://127.0.0.1:08 and 10.127.0.0.1:4711x'],
  ['127.0.0.1:3128', '127.0.0.1:3128'],
])('the chosen port stands in arguments, environment and files: %s', (text, placed) => {
  expect(placePort(order(text), 4711).run).toEqual(run(placed))
})

test('an order without an agent stays as it is', () => {
  const none = { run: null } as unknown as WorkOrder
  expect(placePort(none, 1)).toBe(none)
})
