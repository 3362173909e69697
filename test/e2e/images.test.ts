import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { loadForeign } from '../fixtures/images/load-foreign.ts'
import { startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const cli = (kind: string, endpoint: string) =>
  kind === 'docker' ? ['docker', '--host', endpoint] : ['podman', '--url', endpoint]

describe.each(rootfulEngines())('images on $name', ({ kind, endpoint, flag }) => {
  let b: Berth
  const folder = temporaryFolder()
  const bare = `berth-e2e-bare:${process.pid}`
  const whole = `berth-e2e-whole:${process.pid}`
  const volume = `berth-e2e-volume:${process.pid}`
  const foreign = `berth-e2e-foreign:${process.pid}`
  const nobody = `berth-e2e-nobody:${process.pid}`
  const engine = (...args: readonly string[]) => {
    const [file = '', ...rest] = [...cli(kind, endpoint), ...args]
    return execFileSync(file, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }
  const importFolder = (
    name: string,
    tag: string,
    files: Readonly<Record<string, string>>,
    ...options: readonly string[]
  ) => {
    const root = join(folder.path, name)
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(root, path, '..'), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    execFileSync('tar', ['--create', '--file', `${root}.tar`, '--directory', root, '.'])
    engine('import', ...options, `${root}.tar`, tag)
  }

  beforeAll(() => {
    b = berth()
    importFolder('bare', bare, { 'etc/motd': 'nothing here\n' })
    // The smallest that an agent could work in: one static shell, no C library.
    const root = join(folder.path, 'whole', 'bin')
    mkdirSync(root, { recursive: true })
    execFileSync('cp', ['/bin/busybox', join(root, 'sh')])
    mkdirSync(join(folder.path, 'whole', 'tmp'))
    chmodSync(join(folder.path, 'whole', 'tmp'), 0o1777)
    importFolder('whole', whole, { 'etc/motd': 'a shell\n' })
    importFolder('whole', nobody, {}, '--change', 'USER nosuch:nogroup')
    loadForeign(join(folder.path, 'whole.tar'), foreign, (archive) => engine('load', '--input', archive))
    importFolder('whole', volume, { 'data/first': 'of the image\n' }, '--change', 'VOLUME /data')
  })
  afterAll(async () => {
    await b.close()
    for (const image of [bare, whole, volume, foreign, nobody]) engine('rmi', '--force', image)
    folder[Symbol.dispose]()
  })

  const tried = (image: string, ...args: readonly string[]) =>
    b.run(['run', '--engine', flag, '--image', image, '--agent', 'noop', ...args, 'nothing'])

  test.each([
    ['one without a shell', bare, 'has no /bin/sh that runs'],
    ['one of another architecture', foreign, 'is for linux/'],
    ['one whose user does not exist', nobody, 'runs as nosuch:nogroup'],
  ])('%s is refused by name before the start', async (_what, image, says) => {
    const ran = await tried(image)
    expect(ran.stderr).toContain(`the image ${image} ${says}`)
    expect(ran.code).toBe(5)
    expect(await b.json(['ls', '-a'])).toEqual({ tasks: [] })
    expect(engine('ps', '--all', '--filter', `label=berth.state=${b.home}`, '--format', '{{.Names}}')).toBe('')
  })

  test('one with nothing but a static shell runs the toolbox', async () => {
    const ran = await tried(whole, '--provider-arg', 'commit=made.txt')
    expect(ran.stderr + ran.stdout).toContain('done')
    expect(ran.code).toBe(0)
  })

  test('one with a volume of its own: what the engine makes for it goes with the container, also of a task that is stopped', async () => {
    const volumes = () => engine('volume', 'ls', '--quiet').split('\n')
    for (const ends of [true, false]) {
      const started = ['start', '--engine', flag, '--image', volume, '--agent', 'noop', '--provider-arg', 'wait=go']
      const id = (await b.run([...started, 'nothing'])).stdout.trim()
      await b.until(id, (event) => event.type === 'agent.output' && event.text === 'waiting')
      const name = (await b.status(id)).container?.name ?? ''
      const [made = ''] = engine('inspect', '--format', '{{range .Mounts}}{{println .Name}}{{end}}', name)
        .trim()
        .split('\n')
      expect(volumes()).toContain(made)
      if (ends) writeFileSync(join(b.home, 'tasks', id, 'workspace', 'go'), '')
      else await b.run(['stop', '--now', id])
      await b.run(['wait', id])
      await b.until(id, (event) => event.type === 'container.removed')
      expect(volumes()).not.toContain(made)
    }
  })

  test.each(['codex', 'claude', 'gemini'])('%s runs in it, by the C library of the toolbox', async (agent) => {
    await using model = await startModelServer({ scenario: { after: { text: 'hello from in there' } } })
    const ran = await b.run([
      'run',
      '--engine',
      flag,
      '--image',
      whole,
      '--agent',
      agent,
      '--base-url',
      model.url,
      'hi',
    ])
    expect(ran.stderr + ran.stdout).toContain('hello from in there')
    expect(ran.code).toBe(0)
  })

  test('one that is not there is named, and --pull never says so', async () => {
    const ran = await tried('berth-e2e-missing:1', '--pull', 'never')
    expect(ran.stderr).toContain('berth-e2e-missing:1')
    expect(ran.code).toBe(5)
  })
})
