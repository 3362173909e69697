import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXIT } from '../../src/domain/errors.ts'
import type { Pushed } from '../../src/install/push-image.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { layeredImage } from '../fixtures/layered-image.ts'
import { shellImage } from '../fixtures/shell-image.ts'
import { ADA, type Registry, startRegistry } from '../fixtures/start-registry.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const MIB = 1024 * 1024
const execute = promisify(execFile)

/** The files below a folder that hold one of these words. */
const filesWith = (folder: string, words: readonly string[]): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .filter((path) => words.some((word) => readFileSync(path, 'latin1').includes(word)))

describe.each(rootfulEngines())('images of a registry on $name', (engine) => {
  const { kind, endpoint, flag } = engine
  const folder = temporaryFolder()
  const logins = folder.at('logins')
  /** Where a user's own engine keeps what he logged in with. */
  const kept = { DOCKER_CONFIG: logins, REGISTRY_AUTH_FILE: folder.at('auth.json') }
  let first: ReturnType<typeof shellImage>
  let second: ReturnType<typeof layeredImage>
  let big: ReturnType<typeof layeredImage>
  let b: Berth
  let open: Registry
  let closed: Registry
  /** The engine's own CLI, as its user would call it. Not in one piece: the way to the registries leads through here. */
  const cli = async (...args: readonly string[]) => {
    const words = [kind === 'docker' ? '--host' : '--url', endpoint, ...args]
    return (await execute(kind, words, { env: { ...process.env, ...kept } })).stdout
  }
  /** By their digests too: a name that has moved on leaves one. */
  const removeImages = async ({ host }: Registry) => {
    const ids = (await cli('images', '--quiet', '--filter', `reference=${host}/*/*`)).split('\n').filter(Boolean)
    if (ids.length > 0) await cli('rmi', '--force', ...new Set(ids))
  }
  const logIn = async () => {
    // Podman's CLI asks the registry itself, Docker's lets its daemon ask.
    const [user, trust] = [
      ['--username', ADA.user, '--password', ADA.password],
      ['--cert-dir', `/etc/containers/certs.d/${closed.host}`],
    ]
    await cli('login', ...user, ...(kind === 'docker' ? [] : trust), closed.host)
  }
  beforeAll(async () => {
    mkdirSync(logins)
    writeFileSync(folder.at('auth.json'), '{}')
    b = berth()
    first = shellImage(engine, `berth-e2e-first:${process.pid}`)
    second = layeredImage(engine, `berth-e2e-second:${process.pid}`, 1000)
    big = layeredImage(engine, `berth-e2e-big:${process.pid}`, 8 * MIB)
    open = await startRegistry({ kind, login: false })
    closed = await startRegistry({ kind, login: true })
  })
  afterAll(async () => {
    await b.close()
    for (const registry of [open, closed]) {
      await removeImages(registry)
      await registry.close()
    }
    for (const image of [first, second, big]) image[Symbol.dispose]()
    folder[Symbol.dispose]()
  })
  const start = (image: string, ...args: readonly string[]) =>
    b.run(['start', '--engine', flag, '--agent', 'noop', '--no-repo', '--image', image, ...args, 'x'])
  const digest = async (image: string, ...args: readonly string[]) => {
    const ran = await start(image, '--dry-run', '--json', ...args)
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    return (JSON.parse(ran.stdout) as Plan).image.digest
  }
  const push = (image: string, to: string, ...args: readonly string[]) =>
    b.begin(['image', 'push', '--engine', flag, image, '--to', to, ...args], { env: kept })
  const pushed = async (image: string, to: string) => {
    const ran = await push(image, to, '--json').over
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    return JSON.parse(ran.stdout) as Pushed & { readonly reference: string }
  }
  const names = async () =>
    (await cli('images', '--format', '{{.Repository}}:{{.Tag}}'))
      .split('\n')
      .filter((name) => name.startsWith('127.0.0.1:') || name.includes('team/'))
      .sort()

  test('--pull: the image as it is here, or as the registry has it now', async () => {
    const name = `${open.host}/team/app:1`
    await cli('tag', second.tag, name)
    await cli('push', name)
    await cli('tag', first.tag, name)
    const here = await digest(name)
    expect(await digest(name, '--pull', 'never')).toBe(here)
    const there = await digest(name, '--pull', 'always')
    expect(there).not.toBe(here)
    expect(await digest(name, '--pull', 'never')).toBe(there)
    // What is not here is fetched without being asked for.
    await cli('rmi', '--force', name)
    expect(await digest(name)).toBe(there)
    const none = `${open.host}/team/none:1`
    const missing = await start(none)
    expect(missing).toMatchObject({ code: EXIT.engine, stdout: '', stderr: expect.stringContaining(none) })
    expect((await b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks).toEqual([])
  })

  test('a registry that wants a login: a push and a task without one name the command, and with it both work', async () => {
    const name = `${closed.host}/team/private:1`
    const hint = `\n  Log in with \`${kind} login ${closed.host}\`, then try again.\n`
    const refused = await push(first.tag, name).over
    expect(refused, refused.stderr).toMatchObject({ code: EXIT.engine, stdout: '' })
    expect(refused.stderr).toContain(name)
    expect(refused.stderr.endsWith(hint)).toBe(true)
    const denied = await start(name)
    expect(denied, denied.stderr).toMatchObject({ code: EXIT.engine, stdout: '' })
    expect(denied.stderr).toContain(name)
    expect(denied.stderr.endsWith(hint)).toBe(true)
    expect(await names()).not.toContain(name)
    await logIn()
    const { reference } = await pushed(first.tag, name)
    expect(await names()).not.toContain(name)

    const task = ['--engine', flag, '--agent', 'noop', '--provider-arg', 'exit=0', '--no-repo', '--image', name, 'x']
    const ran = await b.run(['run', ...task], { env: kept })
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    const [done] = (await b.json<{ tasks: { id: string }[] }>(['ls', '-a'])).tasks
    expect((await b.status(done?.id ?? '')).image).toBe(name)
    const secrets = [ADA.password, Buffer.from(`${ADA.user}:${ADA.password}`).toString('base64')]
    expect(filesWith(b.home, secrets)).toEqual([])

    // The printed name is one that the registry has.
    const again = await b.run(['start', '--dry-run', ...task.with(task.indexOf(name), reference), '--pull', 'always'], {
      env: kept,
    })
    expect(again, again.stderr).toMatchObject({ code: 0 })

    await cli('rmi', '--force', name)
    writeFileSync(join(logins, 'config.json'), JSON.stringify({ auths: { [closed.host]: { auth: 'YWRhOndyb25n' } } }))
    const wrong = await b.run(['start', ...task], { env: { DOCKER_CONFIG: logins } })
    expect(wrong.stderr).toContain(`The registry refused the login that you have for ${closed.host}.`)
    expect(wrong.code).toBe(EXIT.engine)
  })

  test('a push that broke off: the next one sends what is missing, also over a connection that breaks', async () => {
    const name = `${open.host}/team/big:1`
    const told = (sent: number, there: number) => (kind === 'docker' ? { sent, there } : null)
    const held = open.hold(4 * MIB)
    const { child, over } = push(big.tag, name)
    // A layer is in the registry when its upload is closed.
    const uploads = () => open.requests('PUT').filter((request) => request.includes('/team/big/blobs/uploads/'))
    await held
    await expect.poll(() => uploads().length).toBe(1)
    child.kill('SIGINT')
    const broken = await over
    expect(broken, broken.stderr).toMatchObject({ code: EXIT.stopped, stdout: '' })
    expect(await names()).not.toContain(name)
    open.mend()

    const cut = open.cut(4 * MIB)
    const whole = await pushed(big.tag, name)
    await cut
    expect(whole).toMatchObject({ image: big.tag, to: name, engine: kind, layers: told(1, 1) })
    expect(whole.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(await pushed(big.tag, name)).toMatchObject({ digest: whole.digest, layers: told(0, 2) })
    // The two layers and the configuration, each once.
    expect(uploads()).toHaveLength(3)
    expect(await digest(whole.reference, '--pull', 'always')).toMatch(/^sha256:/)
  })

  test.each([
    ['berth-e2e-none:1', 'HOST/team/x:1', EXIT.engine, 'does not have the image berth-e2e-none:1'],
    ['FIRST', 'HOST/team/x:-bad', EXIT.usage, '--to HOST/team/x:-bad: not the name of an image with a tag'],
    ['FIRST', 'team/x:1', EXIT.usage, '--to team/x:1 names no registry'],
    ['FIRST', '127.0.0.1:1/team/x:1', EXIT.engine, 'refused'],
  ])('%s to %s: one clear error', async (image, to, code, words) => {
    const real = (text: string) => text.replace('HOST', open.host).replace('FIRST', first.tag)
    const before = await names()
    const ran = await push(real(image), real(to)).over
    expect(ran, ran.stderr).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(real(words)) })
    expect(await names()).toEqual(before)
  })
})
