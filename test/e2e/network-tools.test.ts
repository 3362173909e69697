import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuditEntry } from '../../src/domain/network/audit-entry.ts'
import { proxyEnvironment } from '../../src/plan/proxy-environment.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { TEST_ALL, testEngines } from '../fixtures/engines.ts'
import { HOSTS, hostOf, runTools, startWaiting, variables, waysOf } from '../fixtures/network-tools/run-tools.ts'
import { type Servers, startServers } from '../fixtures/network-tools/start-servers.ts'
import { NETWORK_TOOLS, WAYS, type Way } from '../fixtures/network-tools/tools.ts'
import { giveTo, ordinaryUser } from '../fixtures/ordinary-user.ts'
import { programsImage } from '../fixtures/programs-image.ts'

/** Exit codes of `timeout`. */
const TIMED_OUT = [124, 137]
const MAKING_MS = 1_800_000

const engines = TEST_ALL ? testEngines() : testEngines().filter(({ name }) => name === 'docker')
const tools = NETWORK_TOOLS.filter(({ everywhere }) => TEST_ALL || everywhere === true)

/** A berth of root, or of an ordinary user for rootless Podman, that trusts the authority and knows the names. */
const berthFor = (name: string, authority: string): Berth => {
  const user = name === 'rootless' ? ordinaryUser() : undefined
  const own = user && { uid: user.uid, gid: user.gid, env: { XDG_RUNTIME_DIR: `/run/user/${user.uid}` } }
  const b = berth({ ...own, files: { '/etc/hosts': HOSTS } })
  const file = join(b.folder, 'authority.pem')
  mkdirSync(b.home, { recursive: true, mode: 0o700 })
  writeFileSync(file, authority)
  writeFileSync(join(b.home, 'config.toml'), `ca-file = "${file}"\n`)
  if (user !== undefined) giveTo(b.home, user)
  return b
}

/** The lines of an environment that name the proxy and the authorities. */
const ofProxy = (environment: string): readonly string[] => {
  const names = Object.keys(proxyEnvironment({ port: 0, socket: '/' }))
  return environment
    .split('\n')
    .filter((line) => names.some((name) => line.startsWith(`${name}=`)))
    .sort()
}

describe.each(engines)('the tools of an agent by the proxy, on $name', ({ name, flag }) => {
  let b: Berth
  let servers: Servers
  let ran: Awaited<ReturnType<typeof runTools>>

  let image: readonly string[]

  beforeAll(async () => {
    image = TEST_ALL ? ['--image', programsImage(testEngines())] : []
    servers = await startServers(WAYS.map(hostOf))
    b = berthFor(name, servers.authority)
    ran = await runTools(b, { flags: ['--engine', flag, ...image], servers, tools })
  }, MAKING_MS)
  afterAll(async () => {
    await b.close()
    await servers.close()
  })

  describe.each(tools)('$name: $does', (tool) => {
    test.each(waysOf(tool))('%s', (way) => {
      const { code, said } = ran.resultOf(tool, way)
      expect(said).toMatch(tool.prints[way] ?? '')
      if (way !== 'denied' && tool.isUntold !== true) expect(code, said).toBe(0)
      else expect([0, ...TIMED_OUT], said).not.toContain(code)
    })
  })

  test('TLS of a tunnel stays closed, that of the other is read, and each denial is told', async () => {
    const said = (await b.run(['net', ran.id, '--json'])).stdout.trim().split('\n')
    const lines = said.map((line) => JSON.parse(line) as AuditEntry)
    const of = (way: Way) => lines.filter(({ host, port }) => host === hostOf(way) && port === servers.tls)
    expect(new Set(of('tunnel').map(({ method }) => method))).toEqual(new Set(['CONNECT']))
    expect(of('inspect').map(({ method, path }) => `${method} ${path}`)).toEqual(
      expect.arrayContaining([
        'GET /hello',
        'GET /project.git/info/refs',
        'POST /project.git/git-upload-pack',
        'GET /npm/left',
      ]),
    )
    expect(of('denied').map(({ verdict, status }) => [verdict, status])).toEqual(
      of('denied').map(() => ['denied', 403]),
    )
    const told = of('denied').reduce((sum, { count = 1 }) => sum + count, 0)
    expect(told).toBeGreaterThanOrEqual(
      tools.filter(({ prints, shell }) => prints.denied && /\$(HTTPS|WSS)/.test(shell)).length,
    )
  })

  // Rootless Podman runs no command beside an init that belongs to root (docs/engines.md).
  test.runIf(name !== 'rootless')('a command of berth exec is told the same', async () => {
    const { id, environment } = await startWaiting(b, { flags: ['--engine', flag, ...image], servers })
    const exec = (way: Way, command: string) =>
      b.run(['exec', id, '--', 'sh', '-c', `export ${variables(way, servers)}; ${command}`])
    const { stdout, stderr } = await exec('inspect', 'curl -sS $HTTPS/hello; echo; env')
    expect(stdout, stderr).toContain('hello from a server')
    expect(ofProxy(stdout)).toEqual(ofProxy(environment()))
    expect(ofProxy(stdout).length).toBeGreaterThan(10)
    expect((await exec('denied', 'curl -sS $HTTPS/hello')).stderr).toContain('403')
    await b.run(['exec', id, '--', 'touch', 'over'])
    expect((await b.run(['wait', id])).code).toBe(0)
  })
})
