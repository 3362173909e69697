import { createSocket } from 'node:dgram'

const [A, AAAA] = [1, 28]
/** IPv6 addresses that nobody was given: no packet to them leaves this machine without a route for them. */
const NOWHERE = Buffer.from(`2d00${'0'.repeat(27)}1`, 'hex')
const LOOPBACK = Buffer.from([127, 0, 0, 1])

const record = (type: number, address: Buffer): Buffer => {
  const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, address.length])
  return Buffer.concat([head, address])
}

/**
 * A name server at an address of the loopback: `rebind.test` has a public address at first and the loopback's when it is
 * asked again. It knows no other name.
 */
export const startNameServer = async (last: number): Promise<{ readonly address: string; close(): Promise<void> }> => {
  const server = createSocket('udp4')
  const asked = new Map<number, number>()
  server.on('message', (query, from) => {
    const end = query.indexOf(0, 12) + 1
    const name = query.subarray(12, end).toString('latin1')
    const type = query.readUInt16BE(end)
    const times = asked.get(type) ?? 0
    const isKnown = name === '\x06rebind\x04test\0'
    if (isKnown) asked.set(type, times + 1)
    const answers = isKnown ? (times === 0 ? [[AAAA, NOWHERE] as const] : [[A, LOOPBACK] as const]) : []
    const fitting = answers.filter(([of]) => of === type).map(([of, address]) => record(of, address))
    const head = Buffer.from([
      ...query.subarray(0, 2),
      0x81,
      isKnown ? 0x80 : 0x83,
      0,
      1,
      0,
      fitting.length,
      0,
      0,
      0,
      0,
    ])
    server.send(Buffer.concat([head, query.subarray(12, end + 4), ...fitting]), from.port, from.address)
  })
  const address = `127.${1 + (process.pid % 250)}.${(process.pid >> 8) % 250}.${last}`
  await new Promise<void>((resolve, reject) => server.once('error', reject).bind(53, address, resolve))
  return { address, close: () => new Promise((resolve) => server.close(() => resolve())) }
}
