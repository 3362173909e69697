import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import type { TaskRecord } from '../../domain/task.ts'
import type { Deps } from '../deps.ts'
import { forwardTask } from './forward-task.ts'

const running = { id: 't-1', state: 'running', phase: 'agent', isolation: 'container', container: { state: 'running' } }

const ask = async (changes: object) => {
  const asked: unknown[] = []
  const socket = new Socket()
  const deps = {
    egress: {
      dial: async (...what: readonly unknown[]) => {
        asked.push(what.slice(0, 2))
        return socket
      },
    },
  } as unknown as Pick<Deps, 'egress'>
  const record = { ...running, ...changes } as TaskRecord
  const given = await forwardTask({ deps, record, port: 3000, signal: new AbortController().signal })
  return [given === socket, asked]
}

test('the gateway is asked for the port of a running sandbox', async () => {
  expect(await ask({})).toEqual([true, [['t-1', { kind: 'port', port: 3000 }]]])
})

test.each([
  [{ state: 'queued', phase: null, container: null }, 't-1 is queued: its sandbox does not run'],
  [{ phase: 'clone', container: { state: 'created' } }, 't-1 is running (clone): its sandbox does not run'],
  [{ state: 'waiting', phase: null, container: { state: 'removed' } }, 't-1 is waiting: its sandbox does not run'],
  // Warm: the container runs, and its gateway is closed.
  [{ state: 'done', phase: null, kept: {} }, 't-1 is done: it has no running sandbox to connect to'],
  [{ isolation: 'host' }, "t-1 runs without a sandbox: its ports are this machine's own"],
])('%o is refused', async (changes, message) => {
  await expect(ask(changes)).rejects.toMatchObject({ code: 'not-allowed', message })
})
