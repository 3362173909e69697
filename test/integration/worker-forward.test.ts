import { once } from 'node:events'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { makeBerth, putOrder, startWorker } from './worker-harness.ts'

const CLIENT = `
const net = require('node:net')
const socket = net.connect({ port: Number(process.env.PORT), host: '127.0.0.1', allowHalfOpen: true })
const started = Date.now()
let bytes = 0
socket.on('connect', () => { if (process.env.SEND) { socket.write(process.env.SEND); if (!process.env.OPEN) socket.end() } })
socket.on('data', (chunk) => { bytes += chunk.length; if (bytes < 200) process.stdout.write(chunk) })
socket.on('end', () => { console.log('end ' + bytes); socket.end() })
socket.on('error', (error) => console.log(error.code))
socket.on('close', () => console.log('closed'))
`

const listen = async (path: string, answer: Parameters<typeof createServer>[1]) => {
  const server = createServer({ allowHalfOpen: true }, answer)
  server.listen(`${path}.new`)
  await once(server, 'listening')
  renameSync(`${path}.new`, path)
  return server
}

let nextPort = 41_000 + (process.pid % 5000)
const clientOf = (
  berth: ReturnType<typeof makeBerth>,
  holdMs: number,
  env: Record<string, string>,
  more: { readonly alone?: boolean } = {},
) => {
  const port = nextPort++
  const socket = berth.at('gateway.sock')
  const order = berth.order(
    { argv: [process.execPath, '-e', CLIENT], env: { PORT: String(port), ...env } },
    { forward: { port, socket, holdMs, ...more } },
  )
  putOrder(berth, order)
  return socket
}

test.each([false, true])('bytes go both ways, with the end of each; the loopback alone: %s', async (alone) => {
  using berth = makeBerth()
  const socket = clientOf(berth, 1000, { SEND: 'question' }, { alone })
  let asked = ''
  const server = await listen(socket, (peer) => {
    peer.on('data', (chunk) => {
      asked += chunk
    })
    // Only after the client has ended its half.
    peer.on('end', () => peer.end(Buffer.alloc(5_000_000, 'x')))
  })
  const result = await startWorker(berth).end
  server.close()
  expect(asked).toBe('question')
  expect(result.out().toString()).toContain('end 5000000\nclosed\n')
})

test('pieces pass as they come', async () => {
  using berth = makeBerth()
  const socket = clientOf(berth, 1000, { SEND: 'x', OPEN: '1' })
  const pieces = Promise.withResolvers<(text: string) => void>()
  const server = await listen(socket, (peer) => {
    peer.on('data', () => {})
    pieces.resolve((text) => (text === '' ? peer.end() : peer.write(text)))
  })
  const worker = startWorker(berth)
  const send = await pieces.promise
  for (const text of ['first', 'second']) {
    send(text)
    await worker.seen((frame) => 'd' in frame && frame.d.includes(text))
  }
  send('')
  expect((await worker.end).out().toString()).toContain('end 11')
  server.close()
})

test('a connection is held while the gateway is away, and let go when that takes too long', async () => {
  using berth = makeBerth()
  const socket = clientOf(berth, 20_000, { SEND: 'x' })
  const worker = startWorker(berth)
  await worker.seen((frame) => frame.k === 'agent-start')
  await sleep(700)
  const server = await listen(socket, (peer) => void peer.on('data', () => {}).on('end', () => peer.end('late')))
  expect((await worker.end).out().toString()).toBe('lateend 4\nclosed\n')
  server.close()
  rmSync(socket, { force: true })

  using other = makeBerth()
  clientOf(other, 400, { SEND: 'x' })
  expect((await startWorker(other).end).out().toString()).toBe('ECONNRESET\nclosed\n')
})

test('a gateway that breaks off is seen as such', async () => {
  using berth = makeBerth()
  const socket = clientOf(berth, 1000, { SEND: 'x', OPEN: '1' })
  const server = await listen(socket, (peer) => void peer.once('data', () => peer.destroy()))
  expect((await startWorker(berth).end).out().toString()).toContain('closed')
  server.close()
})

test('a port that is taken is told', async () => {
  using berth = makeBerth()
  const port = nextPort++
  const script = `const s = require('node:net').createServer().listen(${port}, '127.0.0.1')`
  // Two workers cannot share a host's port.
  putOrder(berth, berth.order({ argv: [process.execPath, '-e', script] }))
  const holder = startWorker(berth)
  await holder.seen((frame) => frame.k === 'agent-start')
  await sleep(300)
  using other = makeBerth()
  putOrder(other, other.order(null, { forward: { port, socket: '/nowhere', holdMs: 1 } }))
  const result = await startWorker(other).end
  expect(result.get('fail')).toMatchObject({ stage: 'clone', message: expect.stringContaining(`127.0.0.1:${port}`) })
  holder.signal('SIGTERM')
  await holder.end
})

/** A gateway that reads the first line of each connection. */
const requestsAt = async (path: string) => {
  const lines: string[] = []
  const server = await listen(path, (peer) => {
    peer
      .on('error', () => {})
      .once('data', (bytes) => {
        lines.push(String(bytes).split('\r\n', 1)[0] ?? '')
        if (lines.at(-1)?.includes('/park'))
          peer.write('HTTP/1.1 101 Switching Protocols\r\n\r\none port:1\ntwo name:x\n')
      })
  })
  return { lines, server }
}

test.each([true, false])('a worker answers callers while its agent runs, if it is asked to: %s', async (callers) => {
  using berth = makeBerth()
  const socket = berth.at('gateway.sock')
  const { lines, server } = await requestsAt(socket)
  const forward = { port: nextPort++, socket, holdMs: 1000, ...(callers ? { callers } : {}) }
  putOrder(berth, berth.order({ argv: ['/bin/sh', '-c', 'until [ -e go ]; do sleep 0.05; done'] }, { forward }))
  const worker = startWorker(berth)
  await worker.seen((frame) => frame.k === 'agent-start')
  if (callers) {
    await expect
      .poll(() => lines.toSorted())
      .toEqual([
        'GET /.berth/park HTTP/1.1',
        'GET /.berth/refuse/one/closed HTTP/1.1',
        'GET /.berth/refuse/two/unknown HTTP/1.1',
      ])
  }
  writeFileSync(berth.at('work', 'go'), '')
  const { frames, stderr } = await worker.end
  server.close()
  expect(stderr).toBe('')
  expect(frames.at(-1)?.k).toBe('end')
  if (!callers) expect(lines).toEqual([])
})
