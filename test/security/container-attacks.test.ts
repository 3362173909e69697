import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Plan } from '../../src/plan/plan.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { taskOf, type Workshop, workshop } from '../fixtures/workshop.ts'
import { CONTAINER_LIB, containerAttacks } from './attacks/network/container.ts'
import { outputsByMark } from './attacks/network/outputs.ts'

/** Servers of this machine that keep what they are sent. A container reaches them only by a network of its own. */
const startServers = async () => {
  const seen: string[] = []
  const udp = createSocket('udp4').on('message', (bytes) => void seen.push(bytes.toString('latin1')))
  const tcp = createServer((socket) => {
    socket.on('error', () => {}).on('data', (bytes) => void seen.push(bytes.toString('latin1')))
  })
  udp.bind(0)
  tcp.listen(0, '0.0.0.0')
  await Promise.all([once(udp, 'listening'), once(tcp, 'listening')])
  const ports = { UDP: udp.address().port, TCP: (tcp.address() as AddressInfo).port }
  const close = () => {
    udp.close()
    tcp.close()
  }
  return { ports, close, saw: (mark: string) => seen.some((text) => text.includes(mark)) }
}

const ATTACKS = containerAttacks.map((attack, i) => ({ ...attack, mark: `c${i}x` }))

describe.each(rootfulEngines())('past the gateway, on $name', ({ flag }) => {
  describe.each([
    { place: 'with a network and a mount of its own', isWeak: true },
    { place: 'in a sandbox', isWeak: false },
  ])('$place', ({ isWeak }) => {
    let shop: Workshop
    let remote: Remote
    let servers: Awaited<ReturnType<typeof startServers>>
    let said: ReadonlyMap<string, string> = new Map()

    /** A second task that runs meanwhile; the folder of its socket. */
    const neighbour = async (): Promise<string> => {
      const args = ['start', '--engine', flag, '--agent', 'noop', '--no-repo', '--provider-arg', 'shell=sleep 100']
      const id = (await shop.b.run([...args, 'wait'])).stdout.trim()
      await shop.b.until(id, (event) => event.type === 'agent.started')
      const lines = readFileSync(join(shop.b.home, 'tasks', id, 'events.jsonl'), 'utf8').split('\n')
      const plan = lines.filter((line) => line.includes('"plan"')).map((line) => JSON.parse(line) as { plan?: Plan })
      return plan.find((one) => one.plan !== undefined)?.plan?.folders.socket ?? ''
    }
    const script = () =>
      ATTACKS.map(({ mark, python }) => {
        const { UDP, TCP } = servers.ports
        const head = `MARK, UDP, TCP = '${mark}', ${UDP}, ${TCP}\nprint('@@' + MARK)`
        return `python3 - 2>&1 <<'THE_END'\n${CONTAINER_LIB}\n${head}\n${python}\nprint('end')\nTHE_END`
      }).join('\n')

    beforeAll(async () => {
      servers = await startServers()
      remote = await startFileRemote()
      shop = await workshop(flag)
      const folder = await neighbour()
      expect(folder).not.toBe('')
      shop.model.load({ steps: [{ shell: script() }] })
      const weak = isWeak ? ['--policy', 'open', '--volume', `${folder}:/outside`] : []
      const args = ['--engine', flag, '--base-url', shop.model.url, '--repo', remote.url, ...weak]
      const ran = await shop.b.run(['run', ...args, 'go'])
      expect(ran.code, ran.stderr).toBe(0)
      said = outputsByMark(await shop.b.events(taskOf(ran)))
    })
    afterAll(async () => {
      await shop.close()
      await remote.close()
      servers.close()
    })

    test.each(ATTACKS)(`$name: it ${isWeak ? 'succeeds' : 'fails'}`, ({ mark, succeeds }) => {
      const output = said.get(mark)
      expect(output).toMatch(/end\n?$/)
      const isThrough = succeeds === undefined ? servers.saw(mark) : succeeds.test(output ?? '')
      expect([output, isThrough]).toEqual([output, isWeak])
    })
  })
})
