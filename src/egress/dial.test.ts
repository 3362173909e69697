import type { AddressInfo } from 'node:net'
import { createServer, Socket } from 'node:net'
import { expect, test } from 'vitest'
import { type Dialed, dialer } from './dial.ts'
import type { Resolve } from './look-up.ts'

const never = new AbortController().signal
const asked = (over: Partial<Dialed> = {}): Dialed => ({
  host: 'example.org',
  port: 443,
  isPrivateAllowed: false,
  signal: never,
  ...over,
})

/** Sockets that go nowhere: `fate` says for each address if it connects, fails, or stays silent. */
const fakeNetwork = (fate: (address: string) => 'connects' | 'fails' | 'silent' = () => 'connects') => {
  const tried: string[] = []
  const sockets: Socket[] = []
  const connect = ({ host }: { readonly host: string }) => {
    const socket = new Socket()
    tried.push(host)
    sockets.push(socket)
    setImmediate(() => {
      if (fate(host) === 'connects') socket.emit('connect')
      if (fate(host) === 'fails') socket.emit('error', Object.assign(new Error('no'), { code: 'ECONNREFUSED' }))
    })
    return socket
  }
  return { connect, tried, sockets }
}

const answering =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses

test.each([
  ['a private address', ['10.1.2.3'], 'example.org has the private address 10.1.2.3'],
  ['a loopback address', ['127.0.0.1'], 'loopback'],
  ['loopback in IPv6', ['::1'], 'loopback'],
  ['a link-local address', ['169.254.7.7'], 'no task may reach'],
  ['the metadata address', ['169.254.169.254'], 'no task may reach'],
  ['an IPv4 address in IPv6 clothes', ['::ffff:10.0.0.1'], 'private'],
  ['the metadata address in IPv6 clothes', ['::ffff:169.254.169.254'], 'no task may reach'],
  ['NAT64', ['64:ff9b::10.0.0.1'], 'example.org has the'],
  ['6to4', ['2002:0a00:0001::'], 'example.org has the'],
  ['a unique local address', ['fd00::1'], 'example.org has the'],
  ['a link-local address with a zone', ['fe80::1%2'], 'no task may reach'],
  ['a multicast address', ['224.0.0.1'], 'no task may reach'],
  ['no address at all', ['0.0.0.0'], 'no task may reach'],
  ['a public one beside a private one', ['93.184.215.14', '10.0.0.1'], '10.0.0.1'],
  ['a private one at the end of many', [...Array(40).fill('93.184.215.14'), '192.168.0.1'], '192.168.0.1'],
])('refuses a name with %s, and dials nothing', async (_, addresses, said) => {
  const { connect, tried } = fakeNetwork()
  const refused = await dialer({ resolve: answering(...addresses), connect })(asked()).catch((error) => error)
  expect(refused).toMatchObject({
    kind: said === 'no task may reach' ? 'address' : 'private',
    message: expect.stringContaining(said),
  })
  expect(tried).toEqual([])
})

test('with private allowed reaches private and loopback addresses, and no others beyond the public ones', async () => {
  const { connect, tried } = fakeNetwork()
  const to = asked({ isPrivateAllowed: true })
  for (const address of ['10.0.0.1', '127.0.0.1', '::1', 'fd00::1', '93.184.215.14'])
    await dialer({ resolve: answering(address), connect })(to)
  expect(tried).toEqual(['10.0.0.1', '127.0.0.1', '::1', 'fd00::1', '93.184.215.14'])
  for (const address of ['169.254.169.254', 'fe80::1', '224.0.0.1', 'ff02::1', '0.0.0.0', '::', '255.255.255.255'])
    await expect(dialer({ resolve: answering(address), connect })(to)).rejects.toMatchObject({ kind: 'address' })
  expect(tried).toHaveLength(5)
})

test('judges an address that is asked for by itself, and looks nothing up', async () => {
  const { connect, tried } = fakeNetwork()
  const dial = dialer({ resolve: () => expect.unreachable(), connect })
  await dial(asked({ host: '93.184.215.14' }))
  await dial(asked({ host: '10.0.0.1', isPrivateAllowed: true }))
  expect(tried).toEqual(['93.184.215.14', '10.0.0.1'])
  await expect(dial(asked({ host: '10.0.0.1' }))).rejects.toMatchObject({
    kind: 'private',
    message: '10.0.0.1 is a private address, which only a rule with the word private allows',
  })
})

test('dials the address it judged, however the name answers a second time', async () => {
  const { connect, tried } = fakeNetwork()
  const answers = [['93.184.215.14'], ['127.0.0.1']]
  let looks = 0
  const resolve: Resolve = async () => answers[looks++] ?? []
  const dial = dialer({ resolve, connect })
  await dial(asked())
  expect({ tried, looks }).toEqual({ tried: ['93.184.215.14'], looks: 1 })
  await expect(dial(asked())).rejects.toMatchObject({ kind: 'private' })
  expect({ tried, looks }).toEqual({ tried: ['93.184.215.14'], looks: 2 })
})

test('gives the operating system an address and no name, so nothing is looked up again', async () => {
  const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const to = asked({ host: 'nowhere.invalid', port, isPrivateAllowed: true })
  const socket = await dialer({ resolve: answering('127.0.0.1') })(to)
  let text = ''
  for await (const piece of socket) text += piece
  expect(text).toBe('hello')
  server.close()
})

test('tries the other family and the other addresses where one fails, at most six', async () => {
  const { connect, tried } = fakeNetwork((address) => (address === '93.184.215.3' ? 'connects' : 'fails'))
  const v6 = ['2606:2800::1', '2606:2800::2']
  const v4 = ['93.184.215.1', '93.184.215.2', '93.184.215.3']
  await dialer({ resolve: answering(...v6, ...v4), connect })(asked())
  expect(tried).toEqual([v6[0], v4[0], v6[1], v4[1], v4[2]])

  const all = fakeNetwork(() => 'fails')
  const many = Array.from({ length: 30 }, (__, i) => `93.184.215.${i}`)
  const refused = await dialer({ resolve: answering(...many), connect: all.connect })(asked()).catch((error) => error)
  expect(refused.kind).toBe('refused')
  expect(refused.message).toContain('example.org:443 takes no connection (93.184.215.0: ECONNREFUSED, ')
  expect(all.tried).toHaveLength(6)
})

test('tries the next address beside a silent one, and gives the silent one up', async () => {
  const { connect, tried, sockets } = fakeNetwork((address) => (address.endsWith('.2') ? 'connects' : 'silent'))
  const socket = await dialer({ resolve: answering('93.184.215.1', '93.184.215.2'), connect })(asked())
  expect(tried).toHaveLength(2)
  expect(sockets.map((one) => one.destroyed)).toEqual([true, false])
  expect(socket).toBe(sockets[1])
})

test('ends with its time limit or the signal, while it looks up and while it connects', async () => {
  const silent = fakeNetwork(() => 'silent')
  const resolves: Resolve[] = [answering('93.184.215.14'), () => new Promise(() => {})]
  for (const resolve of resolves) {
    await expect(dialer({ resolve, connect: silent.connect, limitMs: 20 })(asked())).rejects.toMatchObject({
      kind: 'timeout',
      message: 'there was no connection to example.org:443 in 0.02 s',
    })
    const gone = new AbortController()
    const dialed = dialer({ resolve, connect: silent.connect })(asked({ signal: gone.signal }))
    gone.abort(new Error('the client went away'))
    await expect(dialed).rejects.toThrow('the client went away')
  }
  expect(silent.sockets.every((socket) => socket.destroyed)).toBe(true)
})

test('says which name has no address, and which could not be looked up', async () => {
  const failing =
    (code: string): Resolve =>
    () =>
      Promise.reject(Object.assign(new Error(code), { code }))
  const said = (resolve: Resolve) => dialer({ resolve })(asked()).catch(({ kind, message }) => [kind, message])
  expect(await said(failing('ENOTFOUND'))).toEqual(['unknown-name', 'no address is known for example.org'])
  expect(await said(answering())).toEqual(['unknown-name', 'no address is known for example.org'])
  expect(await said(failing('EAI_AGAIN'))).toEqual(['unknown-name', 'example.org could not be looked up: EAI_AGAIN'])
})

test('looks up two names at once and each of them once, and forgets those whose caller went away', async () => {
  const looked: string[] = []
  const open = new Map<string, () => void>()
  const resolve: Resolve = (name) => {
    looked.push(name)
    return new Promise((settle) => open.set(name, () => settle(['93.184.215.14'])))
  }
  const { connect, tried } = fakeNetwork()
  const dial = dialer({ resolve, connect })
  const gone = new AbortController()
  const dialed = ['a.example', 'a.example', 'b.example', 'c.example', 'd.example'].map((host) =>
    dial(asked({ host, ...(host === 'c.example' ? { signal: gone.signal } : {}) })).catch(() => null),
  )
  expect(looked).toEqual(['a.example', 'b.example'])
  gone.abort()
  open.get('a.example')?.()
  await dialed[0]
  expect(looked).toEqual(['a.example', 'b.example', 'd.example'])
  open.get('b.example')?.()
  open.get('d.example')?.()
  expect((await Promise.all(dialed)).map((socket) => socket !== null)).toEqual([true, true, true, false, true])
  expect(tried).toHaveLength(4)
})
