import { connect } from 'node:net'
import { beforeEach, describe, expect, test } from 'vitest'
import { answerTo, checkUpstream, idOf, type Opening, type Played, play } from '../fixtures/http-fuzz/conversation.ts'
import { random } from '../fixtures/http-fuzz/random.ts'
import { type RawClient, rawClient } from '../fixtures/http-fuzz/raw-client.ts'
import { strictUpstream } from '../fixtures/http-fuzz/strict-upstream.ts'
import { cleanups, client, PLACEHOLDER, taskOf, useGateways } from './gateway-harness.ts'

const PLACE = { host: 'gateway', before: '', auth: PLACEHOLDER, foreign: [] }

/** More of them by the environment: BERTH_FUZZ_SEEDS=5000, BERTH_FUZZ_FIRST=1000. */
const SEEDS = Number(process.env['BERTH_FUZZ_SEEDS'] ?? 120)
const FIRST = Number(process.env['BERTH_FUZZ_FIRST'] ?? 1)
/** A task gets so few that the gateway does not slow it down. */
const SEEDS_A_TASK = 40
const SIDE_BY_SIDE = 8

describe('what the gateway takes is what an upstream sees', () => {
  useGateways()

  test(`number, bounds, methods, paths and bodies over ${SEEDS} connections`, {
    timeout: 60_000 + SEEDS * 500,
  }, async () => {
    const dice = random(7)
    const upstream = await strictUpstream(({ message, connection }) => answerTo(message, connection, dice))
    cleanups.push(upstream.close)
    const port = client()
    const sockets = new Map<number, Promise<string>>()
    /** Two tasks at a time, with keys of their own. */
    const taskFor = (seed: number) => {
      const n = Math.floor(seed / SEEDS_A_TASK / 2) * 2 + (seed % 2)
      const task = taskOf(`${upstream.url}/v1`, `t-${n}`, { key: `key-${n}` })
      const socket = sockets.get(n) ?? port.open(task).then(() => task.socket)
      sockets.set(n, socket)
      return socket
    }
    const played: Played[] = []
    const seeds = Array.from({ length: SEEDS }, (_, i) => FIRST + i)
    const lane = async () => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
        const socket = await taskFor(seed)
        const open = async ({ dice, answersHead }: Opening): Promise<RawClient> =>
          rawClient(connect(socket), dice, answersHead)
        played.push(await play(seed, PLACE, open))
      }
    }
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane))

    const all = checkUpstream(played, upstream.connections, new URL(upstream.url).host)
    // The test is worth something only where much is legal, much is not, and connections upstream are used again.
    expect(all.filter(({ legal }) => legal).length).toBeGreaterThan(SEEDS)
    expect(all.filter(({ legal }) => !legal).length).toBeGreaterThan(SEEDS / 4)
    expect(upstream.connections.some(({ messages }) => messages.length > 3)).toBe(true)
  })
})

const fine = (id: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${id.length}\r\n\r\n${id}`
const foreign = 'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nforeign'

/** Answers whose end two readers could see in different places; `left`: the right answer, and then something else. */
const ODD_ANSWERS: readonly (readonly [name: string, bytes: string, left: boolean])[] = [
  ['length and chunked', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', false],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde', false],
  ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', false],
  ['coding and close', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc', false],
  ['a bad chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n', false],
  ['an endless head of interim answers', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(500) + foreign, false],
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nabc', false],
  ['a second answer', foreign, true],
  ['something that is no answer', 'garbage', true],
]

/** When it is sent: -1 in the place of the answer, 0 with the right one, 1 after it. */
const CASES = ODD_ANSWERS.flatMap(([name, bytes, left]): [name: string, bytes: string, when: number][] =>
  left
    ? [
        [`${name}, at once`, bytes, 0],
        [`${name}, later`, bytes, 1],
      ]
    : [[name, bytes, -1]],
)

describe('answers reach the request they belong to', () => {
  useGateways()
  let told: string
  beforeEach(() => {
    told = ''
  })

  test.each(CASES)('%s', async (_, bytes, when) => {
    const upstream = await strictUpstream(({ message, connection }) => {
      const id = idOf(message.start)
      if (id !== 'm1') connection.socket.write(fine(id))
      else if (when < 0) connection.socket.write(bytes)
      else if (when === 0) connection.socket.write(fine(id) + bytes)
      else {
        connection.socket.write(fine(id))
        told = bytes
      }
    })
    cleanups.push(upstream.close)
    const port = client()
    const task = taskOf(`${upstream.url}/v1`)
    await port.open(task)
    const ask = async (id: string) => {
      const raw = rawClient(connect(task.socket), random(1), () => false)
      await raw.send(
        `POST /v1/${id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${PLACEHOLDER}\r\nContent-Length: 2\r\n\r\n{}`,
      )
      const reading = await raw.until(1)
      raw.close()
      return reading
    }
    const first = await ask('m1')
    if (when < 0) expect(first.messages.filter(({ start }) => start.includes(' 200 '))).toEqual([])
    else expect(first.messages.map(({ body }) => body)).toEqual(['m1'])
    const [connection] = upstream.connections
    if (told !== '') {
      connection?.socket.write(told)
      await new Promise((resolve) => connection?.socket.once('close', resolve))
    }
    for (const id of ['m2', 'm3']) expect((await ask(id)).messages.map(({ body }) => body)).toEqual([id])
    expect(connection?.messages.length).toBe(1)
  })

  test('an answer before the request has ended: both connections close with it', async () => {
    const upstream = await strictUpstream(
      () => {},
      (head, { socket }) => {
        if (told === '') socket.write(fine(idOf(head)))
        told = 'early'
      },
    )
    cleanups.push(upstream.close)
    const port = client()
    const task = taskOf(`${upstream.url}/v1`)
    await port.open(task)
    const raw = rawClient(connect(task.socket), random(1), () => false)
    const inner = 'POST /v1/m9 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'
    await raw.send(
      `POST /v1/m1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${PLACEHOLDER}\r\nContent-Length: ${inner.length + 1}\r\n\r\n`,
    )
    const { messages } = await raw.until(1)
    expect(messages.map(({ body }) => body)).toEqual(['m1'])
    await raw.send(inner)
    expect((await raw.until(2)).closed).toBe(true)
    raw.close()
    const [connection] = upstream.connections
    if (connection?.closed === false) await new Promise((resolve) => connection.socket.once('close', resolve))
    expect(upstream.connections.flatMap(({ messages: asked }) => asked)).toEqual([])
  })
})
