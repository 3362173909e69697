import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXIT } from '../../src/domain/errors.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { shellImage } from '../fixtures/shell-image.ts'
import { type Registry, startRegistry } from '../fixtures/start-registry.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

describe.each(rootfulEngines())('images of a registry on $name', (engine) => {
  const { kind, endpoint, flag } = engine
  const folder = temporaryFolder()
  const logins = folder.at('logins')
  let first: ReturnType<typeof shellImage>
  let second: ReturnType<typeof shellImage>
  let b: Berth
  let open: Registry
  let closed: Registry
  const where = kind === 'docker' ? ['--config', logins, '--host', endpoint] : ['--url', endpoint]
  /** The engine's own CLI, as its user would call it. */
  const cli = (...args: readonly string[]) =>
    execFileSync(kind, [...where, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, REGISTRY_AUTH_FILE: folder.at('auth.json') },
    })
  /** By their digests too: a name that has moved on leaves one. */
  const removeImages = ({ host }: Registry) => {
    const ids = cli('images', '--quiet', '--filter', `reference=${host}/*/*`).split('\n').filter(Boolean)
    if (ids.length > 0) cli('rmi', '--force', ...new Set(ids))
  }
  const login = () => {
    // Podman's CLI asks the registry itself, Docker's lets its daemon ask.
    const [user, trust] = [
      ['--username', 'ada', '--password', 'right'],
      ['--cert-dir', `/etc/containers/certs.d/${closed.host}`],
    ]
    cli('login', ...user, ...(kind === 'docker' ? [] : trust), closed.host)
  }
  beforeAll(async () => {
    mkdirSync(logins)
    writeFileSync(folder.at('auth.json'), '{}')
    b = berth()
    first = shellImage(engine, `berth-e2e-first:${process.pid}`)
    second = shellImage(engine, `berth-e2e-second:${process.pid}`)
    open = await startRegistry({ kind, login: false })
    closed = await startRegistry({ kind, login: true })
  })
  afterAll(async () => {
    await b.close()
    for (const registry of [open, closed]) {
      removeImages(registry)
      await registry.close()
    }
    for (const image of [first, second]) image[Symbol.dispose]()
    folder[Symbol.dispose]()
  })
  const start = (image: string, ...args: readonly string[]) =>
    b.run(['start', '--engine', flag, '--agent', 'noop', '--no-repo', '--image', image, ...args, 'x'])
  const digest = async (image: string, ...args: readonly string[]) => {
    const ran = await start(image, '--dry-run', '--json', ...args)
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    return (JSON.parse(ran.stdout) as Plan).image.digest
  }

  test('--pull: the image as it is here, or as the registry has it now', async () => {
    const name = `${open.host}/team/app:1`
    cli('tag', second.tag, name)
    cli('push', name)
    cli('tag', first.tag, name)
    const here = await digest(name)
    expect(await digest(name, '--pull', 'never')).toBe(here)
    const there = await digest(name, '--pull', 'always')
    expect(there).not.toBe(here)
    expect(await digest(name, '--pull', 'never')).toBe(there)
    // What is not here is fetched without being asked for.
    cli('rmi', '--force', name)
    expect(await digest(name)).toBe(there)
    const none = `${open.host}/team/none:1`
    const missing = await start(none)
    expect(missing).toMatchObject({ code: EXIT.engine, stdout: '', stderr: expect.stringContaining(none) })
    expect((await b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks).toEqual([])
  })

  test('a registry that wants a login: said before there is a task, and pulled by hand it works', async () => {
    const name = `${closed.host}/team/app:1`
    const denied = async () => {
      const ran = await start(name)
      expect(ran, ran.stderr).toMatchObject({ code: EXIT.engine, stdout: '' })
      expect(ran.stderr).toContain(name)
      expect(ran.stderr).toMatch(
        /^berth: .*\n {2}Log in with `docker login` or `podman login`, pull the image yourself, .*\n$/,
      )
    }
    await denied()
    login()
    cli('tag', first.tag, name)
    cli('push', name)
    cli('rmi', '--force', name)
    await denied()
    cli('pull', name)
    expect(await digest(name)).toMatch(/^sha256:/)
    expect((await b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks).toEqual([])
  })
})
