import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EXIT } from '../../src/domain/errors.ts'
import type { Update } from '../../src/install/update-agents.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { npmRegistry } from '../fixtures/npm-registry.ts'
import { ownInstallation } from '../fixtures/own-installation.ts'

const GEMINI = '@google/gemini-cli'
/** Another version than that of the toolbox. */
const OTHER = '0.60.0'

/** How this machine reaches the registry of npm. */
const WAY = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    /^(?:npm_config_|NODE_EXTRA_CA_CERTS$|SSL_CERT_|https?_proxy$|no_proxy$)/i.test(name) ? [[name, value ?? '']] : [],
  ),
)

/** Starts, and does none of its work. */
const BROKEN = `if (process.argv.includes('--version')) console.log('9.0.0')
else { console.error('it has forgotten how to work'); process.exit(1) }`

const HANGING = 'setInterval(() => {}, 1000)'

describe.each(anyEngine())('image update on $name', ({ flag }) => {
  let b: Berth
  let place: ReturnType<typeof ownInstallation>
  beforeEach(() => {
    place = ownInstallation()
    b = berth({ env: { BERTH_INSTALL_DIR: place.path } })
  })
  afterEach(async () => {
    await b.close()
    place[Symbol.dispose]()
  })

  const update = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    b.run(['image', 'update', ...args], { env: { ...WAY, npm_config_cache: join(b.folder, 'npm'), ...env } })
  const toolboxes = () => readdirSync(place.at('toolbox')).sort()
  const inForce = async () => (await b.json<{ toolbox: { agents: { gemini: string } } }>(['version'])).toolbox.agents
  /** The toolbox that a task would mount. */
  const mounted = async () => {
    const asked = [
      'start',
      '--dry-run',
      '--engine',
      flag,
      '--agent',
      'gemini',
      '--no-repo',
      '--base-url',
      'http://[::1]:9',
    ]
    const plan = await b.json<Plan>([...asked, 'x'])
    return plan.container.mounts.find(({ role }) => role === 'toolbox')?.source
  }

  test('a version that passes its checks is what new tasks mount, and --undo goes back', async () => {
    const { gemini } = await inForce()
    const before = await mounted()
    const ran = await update([`gemini@${OTHER}`, '--engine', flag, '--json'])
    expect(ran, ran.stderr + ran.stdout).toMatchObject({ code: EXIT.done })
    const { updates } = JSON.parse(ran.stdout) as { updates: readonly Update[] }
    expect(updates).toMatchObject([{ agent: 'gemini', from: gemini, to: OTHER, ok: true }])
    expect(updates[0]?.checks.map(({ name, ok }) => [name, ok])).toEqual(
      ['turn', 'shell', 'version', 'parser'].map((name) => [name, true]),
    )
    expect((await inForce()).gemini).toBe(OTHER)
    // By the supervisor that was there before.
    const after = await mounted()
    expect(after).not.toBe(before)
    expect(existsSync(join(after ?? '', 'lib/gemini'))).toBe(true)

    const back = await update(['--undo', 'gemini', '--json'])
    expect(JSON.parse(back.stdout)).toMatchObject({ updates: [{ agent: 'gemini', from: OTHER, to: gemini }] })
    expect((await inForce()).gemini).toBe(gemini)
    expect(await mounted()).toBe(before)
    // A task that mounts it keeps it.
    expect(existsSync(after ?? '')).toBe(true)
    expect(await update(['--undo'])).toMatchObject({ code: EXIT.usage, stdout: '' })
  })

  test('a version that fails is taken back by itself', async () => {
    const versions = { '9.0.0': { 'bundle/gemini.js': BROKEN }, '9.0.1': { 'other/gemini.js': BROKEN } }
    await using registry = await npmRegistry(GEMINI, versions)
    const npm = { npm_config_registry: registry.url }
    const before = await inForce()
    const shown = await update(['gemini', '--check', '--json'], npm)
    expect(JSON.parse(shown.stdout)).toEqual({
      agents: [{ agent: 'gemini', version: before.gemini, built: before.gemini, newest: '9.0.1' }],
    })
    const failed = await update(['gemini@9.0.0', '--engine', flag], npm)
    expect(failed, failed.stderr).toMatchObject({ code: EXIT.failed })
    expect(failed.stdout).toContain(`gemini 9.0.0 failed its checks, gemini ${before.gemini} stays\n  FAILED: turn: `)
    const unfit = await update(['gemini', '--engine', flag], npm)
    expect(unfit, unfit.stderr).toMatchObject({ code: EXIT.failed })
    expect(unfit.stdout).toContain('FAILED: package: gemini 9.0.1: the package has not the files')
    expect(await inForce()).toEqual(before)
    expect(toolboxes()).toEqual([place.own])
  })

  test('an interrupted update changes nothing, and leaves nothing behind', async () => {
    await using registry = await npmRegistry(GEMINI, { '9.0.0': { 'bundle/gemini.js': HANGING } })
    const before = await inForce()
    const { child, over } = b.begin(['image', 'update', 'gemini@9.0.0', '--engine', flag], {
      env: { ...WAY, npm_config_cache: join(b.folder, 'npm'), npm_config_registry: registry.url },
    })
    // The state of the trial: its task has begun.
    const begun = () =>
      toolboxes().some((name) => name.endsWith('-state') && existsSync(place.at('toolbox', name, 'tasks')))
    await expect.poll(begun, { timeout: 60_000 }).toBe(true)
    child.kill('SIGINT')
    const { code, stdout, stderr } = await over
    expect(stderr).toContain('berth: the update was interrupted')
    expect([code, stdout]).toEqual([EXIT.stopped, ''])
    expect(await inForce()).toEqual(before)
    expect(toolboxes()).toEqual([place.own])
  })

  test.each([
    ['gemini@8.0.0', EXIT.usage, `npm has no such version of ${GEMINI}`],
    ['gemini@../x', EXIT.usage, `npm has no such version of ${GEMINI}`],
    ['gemnii', EXIT.usage, 'did you mean gemini?'],
  ])('%s: one clear error, nothing changed', async (asked, code, words) => {
    await using registry = await npmRegistry(GEMINI, { '9.0.0': {} })
    const ran = await update([asked], { npm_config_registry: registry.url })
    expect(ran, ran.stderr).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(words) })
    expect(toolboxes()).toEqual([place.own])
  })

  test('without a network: one clear error, nothing changed', async () => {
    const ran = await update([`gemini@${OTHER}`], { npm_config_registry: 'http://127.0.0.1:1' })
    expect(ran, ran.stderr).toMatchObject({ code: EXIT.engine, stdout: '' })
    expect(ran.stderr).toMatch(/^berth: npm view .*ECONNREFUSED.*\n {2}Check the network, .* Nothing was changed\.\n$/)
    expect(toolboxes()).toEqual([place.own])
  })
})
