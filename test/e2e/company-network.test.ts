import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { certificate } from '../fixtures/certificate.ts'
import { type ConnectProxy, connectProxy } from '../fixtures/connect-proxy.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { git } from '../fixtures/remotes/git.ts'
import { type HttpRemote, startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { tlsFront } from '../fixtures/tls-front.ts'
import { filesHolding } from '../fixtures/whole/files-holding.ts'

const LOGIN = 'ann:pass-canary-4417'

describe.each(anyEngine())('in a company network, on $name', ({ flag }) => {
  const place = temporaryFolder('berth-company-')
  let b: Berth
  let model: ModelServer
  let remote: HttpRemote
  let proxy: ConnectProxy
  let front: Awaited<ReturnType<typeof tlsFront>>

  beforeAll(async () => {
    const own = certificate(place.path, 'own', ['DNS:model.test', 'DNS:git.test'])
    model = await startModelServer({ tls: own })
    remote = await startHttpRemote()
    front = await tlsFront(remote.port, own)
    const places = { 'model.test:443': Number(new URL(model.url).port), 'git.test:443': front.port }
    proxy = await connectProxy({ places, login: LOGIN })
    b = berth({ env: { HTTPS_PROXY: proxy.url } })
    writeFileSync(join(b.home, 'config.toml'), `ca-file = "${own.file}"\n`)
  })
  afterAll(async () => {
    await b.close()
    await proxy[Symbol.asyncDispose]()
    await front[Symbol.asyncDispose]()
    await remote.close()
    await model.close()
    place[Symbol.dispose]()
  })

  test('a task reaches model and remote by the proxy, and its login stays in memory', async () => {
    model.load({ steps: [{ shell: 'env; cat /proc/*/environ; echo one > one.txt' }, { text: 'done' }] })
    const asked = ['--repo', 'https://git.test/project.git', '--branch', 'main', '--base-url', 'https://model.test/v1']
    const ran = await b.run(['start', '--engine', flag, ...asked, 'go'])
    expect(ran, ran.stderr).toMatchObject({ code: 0, stderr: '' })
    const id = ran.stdout.trim()
    const { code } = await b.run(['wait', id])
    expect(code, (await b.status(id)).reason ?? '').toBe(0)
    expect(git(remote.bare, ['show', `berth/${id}:one.txt`])).toBe('one')
    expect(new Set(proxy.asked)).toEqual(new Set(['git.test:443', 'model.test:443']))
    expect(filesHolding('pass-canary-4417', [b.home])).toEqual([])
    const events = JSON.stringify(await b.events(id))
    expect(events).not.toContain('pass-canary')
    expect(events).not.toContain(`127.0.0.1:${proxy.port}`)
    expect(readFileSync(join(b.home, 'supervisor.log'), 'utf8')).not.toContain('pass-canary')
  })

  test('auth --check asks by the proxy too', async () => {
    const before = proxy.asked.length
    const env = { BERTH_BASE_URL: 'https://model.test/v1' }
    const ran = await b.run(['auth', 'status', 'codex', '--check', '--json'], { env })
    expect(ran.stdout, ran.stderr).toContain('https://model.test/v1/models answered')
    expect(proxy.asked.slice(before)).toEqual(['model.test:443'])
  })

  test('a proxy that refuses is an error with its words, before anything exists', async () => {
    const before = (await b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks.length
    const wrong = proxy.url.replace('4417', 'wrong')
    const args = ['start', '--engine', flag, '--base-url', 'https://model.test/v1', 'go']
    const ran = await b.run(args, { env: { HTTPS_PROXY: wrong } })
    expect(ran).toMatchObject({ code: 5, stdout: '' })
    expect(ran.stderr).toContain(
      `the proxy 127.0.0.1:${proxy.port} refuses model.test:443 with 407: Proxy Authentication Required`,
    )
    expect(ran.stderr).not.toContain('canary')
    expect((await b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks).toHaveLength(before)
  })
})
