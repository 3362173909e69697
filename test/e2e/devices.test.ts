import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { testEngines } from '../fixtures/engines.ts'
import { ordinaryUser } from '../fixtures/ordinary-user.ts'
import { secondDocker } from '../fixtures/second-docker.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

/** Of root, or of an ordinary user for rootless Podman. */
const berthOn = (name: string): Berth => {
  if (name !== 'rootless') return berth()
  const { uid, gid } = ordinaryUser()
  return berth({ uid, gid, env: { XDG_RUNTIME_DIR: `/run/user/${uid}` } })
}

const SERVER = readFileSync(join(import.meta.dirname, '../fixtures/sandbox-server.cjs')).toString('base64')
const LOOK = 'exec 3<>/dev/fuse && echo opened fuse; df -k /dev/shm | tail -1; ulimit -n; ulimit -Sc; ulimit -Hc'
/** What Podman's own configuration says of open files and processes does not hold beside the named limits. */
const LIMITS = ['--ulimit', 'nofile=2500', '--ulimit', 'nproc=3000', '--ulimit', 'core=51200:102400']

/** A port of the loopback that is free for now. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

const isRoot = process.getuid?.() === 0
const CDI_FOLDER = '/etc/cdi'
/** For CDI a harmless device is a GPU as good as any. */
const FAKE_GPU = {
  cdiVersion: '0.3.0',
  kind: 'berth.example/gpu',
  devices: [
    { name: 'fake', containerEdits: { deviceNodes: [{ path: '/dev/fuse', type: 'c', major: 10, minor: 229 }] } },
  ],
}

/** Root's folder of CDI, which holds for every user, has the fake GPU meanwhile. */
const withFakeGpu = async (run: () => Promise<void>) => {
  const path = join(CDI_FOLDER, `berth-test-${process.pid}.json`)
  const made = mkdirSync(CDI_FOLDER, { recursive: true })
  writeFileSync(path, JSON.stringify(FAKE_GPU))
  try {
    await run()
  } finally {
    rmSync(path)
    if (made !== undefined) rmdirSync(CDI_FOLDER)
  }
}

describe.each(testEngines())('what a container gets of the machine, on $name', ({ flag, name, kind }) => {
  let b: Berth
  beforeAll(() => {
    b = berthOn(name)
  })
  afterAll(() => b.close())
  const start = (words: readonly string[], shell = 'true') =>
    b.run(['start', '--engine', flag, '--no-repo', '--agent', 'noop', '-c', `shell=${shell}`, ...words, 'work'])

  test('a device, a port, /dev/shm and limits are there as asked, and the engine tells so', async () => {
    const port = await freePort()
    const serve = `${LOOK}; echo ${SERVER} | base64 -d > /tmp/server.cjs; node /tmp/server.cjs 3000 0.0.0.0`
    const asked = ['--publish', `${port}:3000`, '--device', '/dev/fuse', '--shm-size', '20m', ...LIMITS, '--read-only']
    const started = await start(['--policy', 'open', ...asked], serve)
    expect(started).toMatchObject({ code: 0, stderr: expect.stringContaining('--device /dev/fuse: the agent gets') })
    const id = started.stdout.trim()
    await b.until(id, (event) => event.type === 'agent.output' && event.text.includes('up'))
    const said = (await b.events(id)).flatMap((event) => (event.type === 'agent.output' ? [event.text] : [])).join('\n')
    expect(said).toMatch(/opened fuse\n.* 20480 .*\/dev\/shm\n2500\n100\n200\n/)
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('from the sandbox')
    const { effective } = await b.status(id)
    const wanted = {
      'ulimit nofile': '2500:2500',
      'ulimit core': '51200:102400',
      'shm-size': String(20 * 1024 * 1024),
      'device /dev/fuse': '/dev/fuse (rwm)',
      [`publish 127.0.0.1:${port}:3000/tcp`]: `127.0.0.1:${port}:3000/tcp`,
    }
    for (const [setting, value] of Object.entries(wanted))
      expect(effective).toContainEqual({ setting, asked: value, effective: value, enforced: true })

    const taken = await start(['--policy', 'open', '--publish', `${port}:3000`])
    expect(taken).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('another program has this port'),
    })
    await b.run(['stop', '--now', id])
    await b.until(id, (event) => event.type === 'container.removed')
  })

  test('a sandboxed task gets the device that is named, and no port', async () => {
    const ran = await start(['--device', '/dev/fuse:r'], 'exec 3</dev/fuse && echo opened; ls /dev')
    const id = ran.stdout.trim()
    expect((await b.run(['wait', id])).code).toBe(0)
    const log = (await b.run(['log', id])).stdout
    expect(log).toContain('opened')
    expect(log).toContain('fuse')
    expect(log).not.toContain('kvm')
  })

  test('GPUs: the command line on any machine, and one error without their runtime', async () => {
    const words = ['--engine', flag, '--no-repo', '--agent', 'noop', '--gpus', '2', 'work']
    const dry = await b.run(['start', '--dry-run', ...words])
    expect(dry.code).toBe(0)
    const flags = kind === 'podman' ? '--device nvidia.com/gpu=0 --device nvidia.com/gpu=1' : '--gpus 2'
    expect(dry.stdout).toContain(` ${flags} `)
    expect(dry.stdout).toMatch(/^warning .*cannot give GPUs.*; Berth would refuse the task$/m)
    const refused = await b.run(['start', ...words])
    expect(refused).toMatchObject({ code: 5, stdout: '' })
    expect(refused.stderr).toMatch(/^berth: --gpus 2: .* cannot give GPUs to a container: .+\n {2}.*toolkit.*\n$/)
  })

  test.runIf(kind === 'podman' && isRoot)('a GPU of CDI reaches the agent', () =>
    withFakeGpu(async () => {
      const ran = await start(['--gpus', 'device=berth.example/gpu=fake'], 'exec 3<>/dev/fuse && echo opened')
      const id = ran.stdout.trim()
      expect((await b.run(['wait', id])).code).toBe(0)
      expect((await b.run(['log', id])).stdout).toContain('opened')
      const { effective } = await b.status(id)
      const asked = 'device=berth.example/gpu=fake'
      const told = 'berth.example/gpu=fake: /dev/fuse'
      expect(effective).toContainEqual({ setting: 'gpus', asked, effective: told, enforced: true })
    }),
  )

  test('a runtime that the engine does not know is refused by its name', async () => {
    const refused = await start(['--runtime', 'no-such-runtime'])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toMatch(/^berth: --runtime no-such-runtime: .* does not know this runtime/)
    const { tasks } = await b.json<{ readonly tasks: readonly { readonly state: string }[] }>(['ls', '-a'])
    expect(tasks.filter(({ state }) => !['done', 'stopped'].includes(state))).toEqual([])
  })
})

const docker = testEngines().filter(({ name }) => name === 'docker')

describe.runIf(docker.length > 0 && isRoot && existsSync('/usr/bin/crun'))('another OCI runtime', () => {
  const place = temporaryFolder('berth-runtime-')
  afterAll(() => place[Symbol.dispose]())

  test('runs the container, is told by the engine, and is refused by an engine without it', async () => {
    const program = place.at('crun')
    writeFileSync(program, `#!/bin/sh\necho "$@" >> ${place.at('calls')}\nexec /usr/bin/crun "$@"\n`, { mode: 0o755 })
    await using second = await secondDocker({ keep: false, runtimes: { crun: program } })
    const b = berth()
    try {
      const agent = ['--no-repo', '--agent', 'noop', '-c', 'shell=echo ran', '--runtime', 'crun', 'work']
      const started = await b.run(['start', '--engine', second.engine.flag, ...second.args, ...agent])
      const id = started.stdout.trim()
      expect(started).toMatchObject({ code: 0, stderr: '' })
      expect((await b.run(['wait', id])).code).toBe(0)
      expect((await b.run(['log', id])).stdout).toContain('ran')
      const { effective } = await b.status(id)
      expect(effective).toContainEqual({ setting: 'runtime', asked: 'crun', effective: 'crun', enforced: true })
      expect(readFileSync(place.at('calls'), 'utf8')).toMatch(/ create .*--bundle/)
      const refused = await b.run(['start', '--engine', 'docker', ...agent])
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('docker does not know this runtime') })
    } finally {
      await b.close()
    }
  })
})
