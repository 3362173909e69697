import { mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { waitFor } from '../../test/fixtures/wait-for.ts'
import { PROTOCOL } from '../domain/worker-protocol.ts'
import { takeOrder } from './take-order.ts'

const ORDER = { protocol: PROTOCOL, paths: {}, identity: {}, workspace: {}, limits: {}, run: null }

/** Takes an order that has come after the time was over; `ahead`: how far in the future the folder was changed last. */
const late = async (ahead: number, renewed: boolean) => {
  using folder = temporaryFolder()
  mkdirSync(folder.at('exchange'))
  const exchange = folder.at('exchange')
  const put = () => {
    writeFileSync(folder.at('order'), JSON.stringify(ORDER))
    renameSync(folder.at('order'), `${exchange}/order.json`)
  }
  const at = (Date.now() + ahead) / 1000
  utimesSync(exchange, at, at)
  const { signal: stop } = new AbortController()
  const timer = setTimeout(put, 150)
  const order = await takeOrder({
    folder: exchange,
    file: 'order.json',
    limitMs: 50,
    stop,
    renewed,
    telling: { tells: false },
  })
  clearTimeout(timer)
  return order
}

test('the host renews the time that the worker waits', async () => {
  expect(await late(1000, true)).toEqual(ORDER)
})

test('a time that nobody renews is over, and so is one that nobody may renew', async () => {
  expect(await late(-1000, true)).toBeUndefined()
  expect(await late(1000, false)).toBeUndefined()
})

test('a folder that has told of a change is looked at seldom, and the order still comes at once', async () => {
  using folder = temporaryFolder()
  const telling = { tells: false }
  const { signal: stop } = new AbortController()
  const taking = takeOrder({ folder: folder.path, file: 'order.json', limitMs: 60_000, stop, telling })
  expect(telling.tells).toBe(false)
  utimesSync(folder.path, new Date(), new Date())
  await waitFor(() => telling.tells, 'the folder tells of a change')
  writeFileSync(folder.at('order'), JSON.stringify(ORDER))
  renameSync(folder.at('order'), folder.at('order.json'))
  expect(await taking).toEqual(ORDER)
})
