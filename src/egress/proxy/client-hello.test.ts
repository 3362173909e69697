import { connect, createServer } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect, test } from 'vitest'
import { readClientHello } from './client-hello.ts'

/** What Node's TLS says first to a server of that name. */
const helloFor = async (servername: string | undefined): Promise<Buffer> => {
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  const server = createServer((socket) => socket.once('data', resolve).on('error', () => {}))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  const socket = connectTls({
    socket: connect(port, '127.0.0.1'),
    ...(servername === undefined ? {} : { servername }),
    ALPNProtocols: ['http/1.1', 'h2'],
  })
  socket.on('error', () => {})
  const hello = await promise
  socket.destroy()
  server.close()
  return hello
}

/** The same handshake in records of so many bytes. */
const inRecords = (hello: Buffer, size: number): Buffer => {
  const handshake = hello.subarray(5)
  const records: Buffer[] = []
  for (let at = 0; at < handshake.length; at += size) {
    const part = handshake.subarray(at, at + size)
    const header = Buffer.from([22, 3, 1, 0, 0])
    header.writeUInt16BE(part.length, 3)
    records.push(header, part)
  }
  return Buffer.concat(records)
}

test('the server name of a real hello, whole, in pieces and in records of any size', async () => {
  const hello = await helloFor('registry.example.org')
  const named = { state: 'hello', serverName: 'registry.example.org' }
  expect(readClientHello(hello)).toEqual(named)
  for (let length = 0; length < hello.length; length += 1)
    expect(readClientHello(hello.subarray(0, length))).toMatchObject({ state: 'more' })
  for (const size of [1, 2, 3, 7, 100]) expect(readClientHello(inRecords(hello, size))).toEqual(named)
})

test('a long hello in records of one byte: it is whole when no byte is missing, and is read few times until then', async () => {
  const hello = inRecords(helloWith([extension(21, Buffer.alloc(10_000))]), 1)
  let reads = 0
  let length = 0
  for (let read = readClientHello(hello.subarray(0, 0)); read.state === 'more'; reads += 1) {
    length = Math.min(length + read.missing, hello.length)
    read = readClientHello(hello.subarray(0, length))
    if (read.state !== 'more') expect([length, read]).toEqual([hello.length, { state: 'hello', serverName: null }])
  }
  expect(reads).toBeLessThan(100)
})

test('a hello without a server name', async () => {
  expect(readClientHello(await helloFor(undefined))).toEqual({ state: 'hello', serverName: null })
})

test('bytes after the hello, and what is no hello, are odd', async () => {
  const hello = await helloFor('a.example')
  expect(readClientHello(Buffer.concat([hello, hello])).state).toBe('odd')
  expect(readClientHello(Buffer.from([22, 2, 0, 0, 5])).state).toBe('odd')
  expect(readClientHello(Buffer.from([23, 3, 1, 0, 5])).state).toBe('odd')
  expect(readClientHello(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])).state).toBe('odd')
  expect(readClientHello(Buffer.from([22, 3, 1, 0, 0])).state).toBe('odd')
  const long = Buffer.from([22, 3, 1, 0, 4, 1, 255, 255, 255])
  expect(readClientHello(long).state).toBe('odd')
})

const extension = (type: number, value: Buffer): Buffer => {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(value.length, 2)
  return Buffer.concat([head, value])
}
const nameList = (...names: readonly string[]): Buffer => {
  const entries = Buffer.concat(
    names.map((name) => Buffer.concat([Buffer.from([0, 0, name.length]), Buffer.from(name, 'latin1')])),
  )
  return Buffer.concat([Buffer.from([entries.length >> 8, entries.length & 255]), entries])
}
const helloWith = (extensions: readonly Buffer[]): Buffer => {
  const joined = Buffer.concat(extensions)
  const body = Buffer.concat([
    Buffer.alloc(34, 3),
    Buffer.from([0, 0, 2, 19, 1, 1, 0, joined.length >> 8, joined.length & 255]),
    joined,
  ])
  const handshake = Buffer.concat([Buffer.from([1, 0, body.length >> 8, body.length & 255]), body])
  return Buffer.concat([Buffer.from([22, 3, 1, handshake.length >> 8, handshake.length & 255]), handshake])
}

test('two names, however they are given, are odd: servers choose differently', () => {
  const one = extension(0, nameList('a.example'))
  expect(readClientHello(helloWith([one]))).toEqual({ state: 'hello', serverName: 'a.example' })
  expect(readClientHello(helloWith([one, one])).state).toBe('odd')
  expect(readClientHello(helloWith([one, extension(0, nameList('b.example'))])).state).toBe('odd')
  expect(readClientHello(helloWith([extension(0, nameList('a.example', 'b.example'))])).state).toBe('odd')
  expect(readClientHello(helloWith([extension(0, nameList())])).state).toBe('odd')
  expect(readClientHello(helloWith([extension(0, nameList(''))])).state).toBe('odd')
  expect(readClientHello(helloWith([extension(0, Buffer.alloc(0))])).state).toBe('odd')
})

test('20,000 hellos with changed bytes: never a throw, and a name only where the bytes have it', async () => {
  const hello = await helloFor('registry.example.org')
  let random = 11
  const next = (below: number) => {
    random = (random * 1103515245 + 12345) & 0x7fffffff
    return random % below
  }
  for (let round = 0; round < 20_000; round += 1) {
    const bytes = Buffer.from(hello)
    for (let i = next(4); i >= 0; i -= 1) bytes[next(bytes.length)] = next(256)
    const cut = next(5) === 0 ? bytes.subarray(0, next(bytes.length)) : bytes
    const read = readClientHello(cut)
    if (read.state === 'hello' && read.serverName !== null)
      expect(cut.includes(Buffer.from(read.serverName, 'latin1'))).toBe(true)
  }
})
