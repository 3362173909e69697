import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runtimeDir } from '../../src/std/runtime-dir.ts'
import type { Ran } from '../fixtures/berth.ts'
import { certificate } from '../fixtures/certificate.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { SWITCH_HOST } from '../fixtures/weak-gateway/weak-checks.ts'
import { taskOf, type Workshop, workshop } from '../fixtures/workshop.ts'
import { exfiltrationAttacks } from './attacks/network/exfiltration.ts'
import { floodAttacks } from './attacks/network/floods.ts'
import { forwardAttacks } from './attacks/network/forward.ts'
import { framingAttacks } from './attacks/network/framing.ts'
import { startNameServer } from './attacks/network/name-server.ts'
import { nameAttacks } from './attacks/network/names.ts'
import type { NetworkAttack } from './attacks/network/network-attack.ts'
import { networkLib, type WitnessPorts } from './attacks/network/network-lib.ts'
import { outputsByMark } from './attacks/network/outputs.ts'
import { tunnelAttacks } from './attacks/network/tunnels.ts'
import { startWitness, type Witness } from './attacks/network/witness.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const WEAK_GATEWAY = join(ROOT, 'test/fixtures/weak-gateway/main.ts')
/** Those of the second list take seconds each. */
const QUICK: readonly NetworkAttack[] = [
  ...nameAttacks,
  ...tunnelAttacks,
  ...framingAttacks,
  ...exfiltrationAttacks,
  ...forwardAttacks,
]
const ATTACKS: readonly (NetworkAttack & { readonly mark: string })[] = [...QUICK, ...floodAttacks].map(
  (attack, i) => ({
    ...attack,
    mark: `m${i}x`,
  }),
)
/** Attacks that one command of the agent runs, one after another. */
const TOGETHER = 4

const NAMES = ['front', 'read', 'below', 'raw', 'public', 'both', 'box', 'secret.box', 'evilbox', 'evil', 'ws'].map(
  (name) => `${name}.test`,
)
const HOSTS = `127.0.0.1 localhost ${NAMES.join(' ')} notabug.org\n2d00::1 both.test\n0.0.0.0 zero.test\n`

const rulesFor = ({ http, https, raw }: WitnessPorts): readonly string[] => [
  `front.test:${http} private`,
  `front.test:${https} private`,
  `read.test:${https} private inspect GET`,
  `below.test:${https} private inspect GET /acme/*`,
  `raw.test:${raw} private`,
  `public.test:${http}`,
  `both.test:${http}`,
  `rebind.test:${http}`,
  `zero.test:${http} private`,
  `*.box.test:${http} private`,
  `notabug.org:${http} private`,
  `ws.test:${http} private GET`,
]

const pythonOf = (code: string, ports: WitnessPorts): string =>
  `python3 - 2>&1 <<'THE_END'\n${networkLib(ports)}\n${code}\nTHE_END`

const script = (attacks: readonly (typeof ATTACKS)[number][], ports: WitnessPorts): string =>
  attacks
    .map(({ mark, off, python }) => {
      const code = `MARK = '${mark}'\nprint('@@' + MARK)\nweaken('${off.join(',')}')\n${python}\nprint('end')`
      return pythonOf(code, ports)
    })
    .join('\n')
const firstOf = (attacks: readonly NetworkAttack[], ports: WitnessPorts): string =>
  attacks.flatMap(({ before }) => (before === undefined ? [] : [pythonOf(before, ports)])).join('\n')

const chunks = <T>(list: readonly T[], size: number): readonly (readonly T[])[] =>
  list.length === 0 ? [] : [list.slice(0, size), ...chunks(list.slice(size), size)]

const groups = (attacks: typeof ATTACKS) => [
  ...chunks(attacks.slice(0, QUICK.length), TOGETHER),
  ...chunks(attacks.slice(QUICK.length), 1),
]

const [engine] = rootfulEngines()

/** Both runs at the same time: most of it is waiting. */
const SETUPS: (() => Promise<void>)[] = []
beforeAll(async () => {
  await Promise.all(SETUPS.map((setUp) => setUp()))
})

describe.each([
  { gateway: 'a gateway with the check off', isWeak: true },
  { gateway: 'the gateway of the package', isWeak: false },
])('by $gateway', ({ isWeak }) => {
  const place = temporaryFolder('berth-attacks-')
  let shop: Workshop
  let remote: Remote
  let witness: Witness
  let names: Awaited<ReturnType<typeof startNameServer>>
  let ran: Ran
  let gateway: ReturnType<Workshop['b']['begin']> | undefined
  let said: ReadonlyMap<string, string> = new Map()
  let log: readonly string[] = []

  const startWeakGateway = async () => {
    const runtime = runtimeDir({}, process.getuid?.() ?? 0, shop.b.home)
    const { build } = JSON.parse(readFileSync(join(ROOT, 'dist/build.json'), 'utf8')) as { build: string }
    const args = [WEAK_GATEWAY, '--runtime', runtime, '--state', shop.b.home, '--build', build]
    mkdirSync(runtime, { mode: 0o700 })
    gateway = shop.b.begin(args, { program: process.execPath })
    await once(gateway.child.stdout ?? gateway.child, 'data')
    expect(gateway.seen()).toBe('ready\n')
  }

  SETUPS.push(async () => {
    const own = certificate(
      place.path,
      'own',
      NAMES.map((name) => `DNS:${name}`),
    )
    witness = await startWitness(own)
    names = await startNameServer(isWeak ? 54 : 53)
    remote = await startFileRemote()
    const resolver = `nameserver ${names.address}\noptions timeout:2 attempts:1\n`
    shop = await workshop(engine?.flag ?? '', { files: { '/etc/hosts': HOSTS, '/etc/resolv.conf': resolver } })
    writeFileSync(join(shop.b.home, 'config.toml'), `ca-file = "${own.file}"\n`)
    if (isWeak) await startWeakGateway()
    const shells = [firstOf(ATTACKS, witness.ports), ...groups(ATTACKS).map((some) => script(some, witness.ports))]
    shop.model.load({ steps: shells.map((shell) => ({ shell })) })
    const allow = rulesFor(witness.ports).flatMap((rule) => ['--allow', rule])
    const rules = [...allow, '--deny', `secret.box.test:${witness.ports.http}`]
    const where = ['--engine', engine?.flag ?? '', '--base-url', shop.model.url, '--repo', remote.url]
    ran = await shop.b.run(['run', ...where, ...rules, 'go'])
    const id = taskOf(ran)
    said = outputsByMark(await shop.b.events(id))
    const logs = join(shop.b.home, 'gateway')
    log = readdirSync(logs)
      .filter((name) => name.endsWith('.jsonl'))
      .flatMap((name) => readFileSync(join(logs, name), 'utf8').split('\n'))
  })
  afterAll(async () => {
    await shop.close()
    gateway?.child.kill('SIGKILL')
    await gateway?.over
    await Promise.all([remote.close(), witness.close(), names.close()])
    place[Symbol.dispose]()
  })

  const isForged = (line: string, mark: string): boolean => {
    try {
      return (JSON.parse(line) as { host?: string }).host === mark
    } catch {
      return false
    }
  }
  const succeeded = ({ mark, succeeds, logs }: (typeof ATTACKS)[number]): boolean => {
    if (succeeds !== undefined) return succeeds.test(said.get(mark) ?? '')
    if (logs === undefined) return witness.saw(mark)
    const lines = log.filter((line) => line.includes(mark))
    return 'forges' in logs ? lines.some((line) => isForged(line, mark)) : lines.length > logs.lines
  }

  test.each(ATTACKS)(`$name: it ${isWeak ? 'succeeds' : 'fails'}`, (attack) => {
    expect(said.get(attack.mark)).toMatch(/end\n?$/)
    expect([said.get(attack.mark), succeeded(attack)]).toEqual([said.get(attack.mark), isWeak])
  })
  test('after all of them the agent still reached its model', () => {
    expect(ran.code, ran.stderr).toBe(0)
    expect(gateway?.child.exitCode ?? null, gateway?.seen()).toBeNull()
  })
})

test('no program of the package has the switch of the weak gateway', () => {
  const dist = join(ROOT, 'dist')
  const programs = readdirSync(dist).filter((name) => /\.c?js$/.test(name))
  expect(programs).toContain('gateway.js')
  expect(programs.filter((name) => readFileSync(join(dist, name), 'utf8').includes(SWITCH_HOST))).toEqual([])
})
