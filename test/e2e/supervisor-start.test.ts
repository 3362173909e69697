import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeLock } from '../../src/server/lock.ts'
import { type Berth, berth } from '../fixtures/berth.ts'

let b: Berth
beforeEach(() => {
  b = berth()
})
afterEach(() => b.close())

test('a supervisor that is slow to end is waited for, and the next one starts', async () => {
  const lock = takeLock(join(b.home, 'supervisor.lock'))
  const listed = b.begin(['ls', '--json'])
  // The first one that was started has looked at the lock and gone.
  await sleep(1000)
  expect([lock === undefined, listed.seen()]).toEqual([false, ''])
  lock?.release()
  expect(await listed.over).toMatchObject({ code: 0, stdout: '{"tasks":[]}\n' })
})

test('several commands at once behind a killed supervisor start one', async () => {
  const pid = (await b.run(['ls'])).code === 0 ? await b.supervisor() : null
  if (pid === null) throw new Error('no supervisor was started')
  process.kill(pid, 'SIGKILL')
  while (existsSync(`/proc/${pid}`)) await sleep(10)
  const all = await Promise.all([1, 2, 3, 4].map(() => b.run(['ls', '--json'])))
  expect(all.map(({ code, stderr }) => [code, stderr])).toEqual(all.map(() => [0, '']))
  expect(await b.supervisor()).not.toBe(pid)
})
