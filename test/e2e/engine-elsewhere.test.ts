import { describe, expect, test } from 'vitest'
import { engineRequest } from '../fixtures/engine-request.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { secondDocker } from '../fixtures/second-docker.ts'
import { tcpProxy } from '../fixtures/tcp-proxy.ts'
import { workshop } from '../fixtures/workshop.ts'

const socketOf = (endpoint: string) => endpoint.replace('unix://', '')

describe.runIf(rootfulEngines().some(({ kind }) => kind === 'docker'))('an engine elsewhere', () => {
  test('is refused before a task exists, by what it does not see; nothing is left on it', async () => {
    await using other = await secondDocker({ keep: false })
    using proxy = await tcpProxy(socketOf(other.engine.endpoint))
    const shop = await workshop('docker')
    try {
      other.hide(shop.b.home)
      for (const [args, env] of [
        [['--engine', proxy.url], {}],
        [[], { DOCKER_HOST: proxy.url }],
      ] as const) {
        const ran = await shop.b.run(['run', ...args, ...other.args, '--base-url', shop.model.url, 'go'], { env })
        expect([ran.code, ran.stdout]).toEqual([5, ''])
        expect(ran.stderr).toContain(`docker at ${proxy.url} does not share this machine's files`)
        expect(ran.stderr).toContain(shop.b.home)
      }
      expect(await shop.b.json<object>(['ls', '-a'])).toEqual({ tasks: [] })
      const left = await engineRequest(other.engine.endpoint, 'GET', '/containers/json?all=true')
      expect(left).toEqual([])
    } finally {
      await shop.close()
    }
  })

  test('by ssh is refused by name', async () => {
    const shop = await workshop('docker')
    try {
      const ran = await shop.b.run(['run', '--engine', 'ssh://nobody@192.0.2.1', '--base-url', shop.model.url, 'go'])
      expect(ran.code).toBe(5)
      expect(ran.stderr).toContain('an engine on another machine is not supported')
    } finally {
      await shop.close()
    }
  })
})

test.each(rootfulEngines())('$name at a TCP port of this machine does a whole task', async ({ endpoint, kind }) => {
  using proxy = await tcpProxy(socketOf(endpoint))
  const shop = await workshop(proxy.url)
  try {
    const { code, id } = await shop.job({ shell: 'echo done > /work/it' })
    expect(code).toBe(0)
    expect((await shop.b.status(id)).engine).toBe(kind)
  } finally {
    await shop.close()
  }
})
