import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { taskRequest } from '../../domain/request.ts'
import { refuseMachine, refusePublish } from './refuse-machine.ts'

const request = (asked: object) => taskRequest.parse({ prompt: 'x', policy: 'open', ...asked })
const device = (source: string) => ({ devices: [{ source, target: source, access: 'rwm' }] })
const refusal = async (asked: object, sameHost = true) =>
  await refuseMachine(request(asked), { sameHost }).then(
    () => null,
    ({ code, message }) => `${code}: ${message}`,
  )

test('a port is published only into a network of the engine’s', () => {
  const publish = [{ hostPort: 8080, port: 80 }]
  expect(() => refusePublish(request({ publish }))).not.toThrow()
  expect(() => refusePublish(request({ policy: 'sandboxed' }))).not.toThrow()
  expect(() => refusePublish(request({ publish, policy: 'sandboxed' }))).toThrow(
    expect.objectContaining({
      code: 'policy-unfit',
      message: expect.stringContaining('--publish 127.0.0.1:8080:80/tcp: with --policy sandboxed'),
      hint: expect.stringContaining('`berth forward ID 80:8080`'),
    }),
  )
})

test.each([
  ['/dev/null', null],
  ['/dev/nothing-here', 'bad-request: --device /dev/nothing-here: there is no such device on this machine'],
  ['/dev/shm', 'bad-request: --device /dev/shm: this is not a device'],
])('--device %s', async (source, refused) => {
  expect(await refusal(device(source))).toBe(refused)
  expect(await refusal(device(source), false)).toBeNull()
})

test.each([
  ['a disk', true, 0, /this is a disk, and no policy gives a disk/],
  ['the memory', false, 0x101, /memory or its kernel's log/],
  ['the kernel’s log', false, 0x10b, /memory or its kernel's log/],
])('refused under any name: %s', async (_, isBlock, rdev, words) => {
  const found = { isBlockDevice: () => isBlock, isCharacterDevice: () => !isBlock, rdev }
  for (const policy of ['sandboxed', 'open', 'privileged'])
    await expect(
      refuseMachine(request({ ...device('/dev/x'), policy }), { sameHost: true }, () => found),
    ).rejects.toMatchObject({ code: 'bad-request', message: expect.stringMatching(words) })
})

test('a port of this machine that somebody has is refused, and one that is named twice', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await Promise.all([once(server, 'listening'), once(socket, 'listening')])
  const tcp = { hostPort: (server.address() as AddressInfo).port, port: 80 }
  const udp = { hostPort: socket.address().port, port: 80, protocol: 'udp' }
  try {
    for (const one of [tcp, udp])
      expect(await refusal({ publish: [one] })).toMatch(/^port-in-use: .*another program has this port$/)
    expect(await refusal({ publish: [tcp] }, false)).toBeNull()
    expect(await refusal({ publish: [tcp, { ...tcp, port: 81 }] }, false)).toMatch(/^bad-request: .*is named twice$/)
  } finally {
    server.close()
    socket.close()
  }
  await Promise.all([once(server, 'close'), once(socket, 'close')])
  expect(await refusal({ publish: [tcp, udp] })).toBeNull()
  expect(await refusal({ publish: [{ ...tcp, address: '192.0.2.1' }] })).toMatch(/does not have this address$/)
})
