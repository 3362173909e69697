import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { splice } from './splice.ts'

const folder = mkdtempSync(join(tmpdir(), 'splice-'))
let made = 0
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Both ends of a connection. */
const pair = async (): Promise<readonly [near: Socket, far: Socket]> => {
  made += 1
  const path = join(folder, `${made}.sock`)
  const server = createServer({ allowHalfOpen: true }).listen(path)
  await once(server, 'listening')
  const far = connect(path)
  const [near] = (await once(server, 'connection')) as [Socket]
  server.close()
  onTestFinished(() => {
    near.destroy()
    far.destroy()
  })
  return [near, far.on('error', () => {})]
}

const spliced = async () => {
  const [[near, caller], [far, answerer]] = [await pair(), await pair()]
  splice(near, far)
  return { caller, answerer }
}

const textOf = async (socket: Socket): Promise<string> => {
  let text = ''
  for await (const bytes of socket) text += String(bytes)
  return text
}

test('bytes pass both ways, and an end behind them', async () => {
  const { caller, answerer } = await spliced()
  caller.write('asked')
  expect(String((await once(answerer, 'data'))[0])).toBe('asked')
  answerer.end('answered')
  expect(await textOf(caller)).toBe('answered')
})

test('a caller that writes when the answer has come and is not read yet loses nothing of it', async () => {
  const { caller, answerer } = await spliced()
  caller.pause()
  answerer.end('answered')
  await sleep(50)
  for (let wrote = 0; wrote < 5; wrote += 1) {
    caller.write('late')
    await sleep(10)
  }
  expect(await textOf(caller)).toBe('answered')
})

test('what breaks off on one side does so on the other', async () => {
  const { caller, answerer } = await spliced()
  const closed = once(answerer.resume(), 'close')
  caller.destroy()
  answerer.write('for nobody')
  await closed
})
