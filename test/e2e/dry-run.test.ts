import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'

type Inspected = {
  readonly Config: Readonly<Record<string, unknown>> & {
    readonly Labels: Readonly<Record<string, string>>
    readonly Env: readonly string[]
  }
  readonly HostConfig: Readonly<Record<string, unknown>>
  readonly Mounts: readonly Readonly<Record<string, unknown>>[]
  readonly Path: string
  readonly Args: readonly string[]
  readonly Image: string
}

/** Unset in one of the ways there are for it. */
const isUnset = (value: unknown) =>
  value === null ||
  value === '' ||
  value === 0 ||
  value === false ||
  (typeof value === 'object' && Object.keys(value).length === 0)
const told = (_key: string, value: unknown): unknown => (isUnset(value) ? undefined : value)

/** What a container is, without its names: ids of task and container, and what only tells who is attached. */
const shape = (found: Inspected, task: string) => {
  const { Config, HostConfig, Mounts, Path, Args, Image } = found
  const {
    Hostname: _h,
    AttachStdout: _o,
    AttachStderr: _e,
    CreateCommand: _c,
    Annotations: _n,
    Healthcheck: check,
    StopTimeout: _t,
    Umask: _u,
    sdNotifyMode: _d,
    Env,
    ...config
  } = Config as Inspected['Config'] & Record<string, unknown>
  const {
    ConsoleSize: _s,
    ContainerIDFile: _f,
    Annotations: _a,
    Mounts: _m,
    RestartPolicy: _r,
    LogConfig: log,
    Binds: binds,
    ...host
  } = HostConfig
  const mounts = Mounts.toSorted((a, b) => String(a['Destination']).localeCompare(String(b['Destination'])))
  // Podman names the container itself among its variables.
  const env = Env.filter((entry) => !entry.startsWith('HOSTNAME=')).toSorted()
  return JSON.parse(
    JSON.stringify(
      {
        config,
        env,
        host,
        mounts,
        Path,
        Args,
        Image,
        check: (check as { Test: unknown }).Test,
        log: (log as { Type: unknown }).Type,
        binds: (binds as string[] | null)?.toSorted(),
      },
      told,
    ).replaceAll(task, 'TASK'),
  ) as Record<string, unknown>
}

const section = (text: string, title: string) =>
  (text.split(`\n${title}\n`)[1] ?? '')
    .split('\n\n')[0]
    ?.split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '') ?? []

describe.each(anyEngine())('the dry run on $name', ({ flag, kind, endpoint }) => {
  let b: Berth
  let model: ModelServer
  let remote: Remote
  const engine = (...args: string[]) =>
    execFileSync(kind, [kind === 'docker' ? '--host' : '--url', endpoint, ...args], { encoding: 'utf8' })
  const inspect = (name: string) => (JSON.parse(engine('container', 'inspect', name)) as [Inspected])[0]
  const ofTask = (task: string) => engine('ps', '--all', '--quiet', '--filter', `label=berth.task=${task}`).trim()
  beforeAll(async () => {
    b = berth()
    model = await startModelServer({ scenario: { steps: [{ hang: 'head' }] } })
    remote = await startFileRemote()
  })
  afterAll(async () => {
    await b.close()
    await model.close()
    await remote.close()
  })

  const flags = () => {
    mkdirSync(join(b.folder, 'data set'), { recursive: true })
    const limits = ['--memory', '700m', '--cpus', '0.5', '--pids', '300']
    const machine = ['--device', '/dev/null:/dev/spare:rw', '--shm-size', '20m']
    const processes = ['--ulimit', 'nofile=2500', '--ulimit', 'nproc=3000']
    const rest = [
      '--label',
      'team=a b',
      '--env',
      'API_TOKEN=hush-hush-hush',
      '--volume',
      `${join(b.folder, 'data set')}:/data set:ro`,
      '--user',
      '1234:1235',
    ]
    return [
      '--engine',
      flag,
      '--repo',
      remote.url,
      '--branch',
      'main',
      '--agent',
      'codex',
      '--base-url',
      model.url,
      ...limits,
      ...machine,
      ...processes,
      ...rest,
      "it's a prompt",
    ]
  }

  test('its command makes the container of the real task, but for names; it makes nothing itself', async () => {
    const dry = await b.run(['run', '--dry-run', ...flags()])
    expect(dry).toMatchObject({ code: 0, stderr: '' })
    const task = /^task +(\S+) turn 1$/m.exec(dry.stdout)?.[1] ?? ''
    expect(dry.stdout).not.toContain('hush-hush-hush')
    expect(dry.stdout).not.toContain('sk-real-key')
    expect(section(dry.stdout, 'agent')[0]).toMatch(/API_TOKEN=\*\*\* .*codex exec /)
    expect(ofTask(task)).toBe('')
    for (const made of ['tasks', 'mirrors'])
      expect(existsSync(join(b.home, made)) ? readdirSync(join(b.home, made)) : []).toEqual([])

    const folders = section(dry.stdout, 'folders that the container needs')
    const missing = folders.filter((folder) => !existsSync(folder))
    expect(missing.length).toBeGreaterThanOrEqual(5)
    for (const folder of missing) mkdirSync(folder, { recursive: true })
    const name = `berth-${task}-1-1`
    const child = spawn('sh', ['-c', section(dry.stdout, 'container')[0] ?? ''], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const over = new Promise((resolve) => child.once('close', resolve))
    // The worker's first word: it waits for its order.
    await new Promise((resolve) => child.stdout.once('data', resolve).once('end', resolve))
    const byHand = shape(inspect(name), task)
    engine('rm', '--force', name)
    await over
    for (const folder of missing) rmSync(folder, { recursive: true, force: true })

    const started = await b.run(['start', ...flags()])
    expect(started).toMatchObject({ code: 0, stderr: expect.stringMatching(/^.*--device \/dev\/null: .*\n$/) })
    const id = started.stdout.trim()
    await b.until(id, (event) => event.type === 'container.started')
    const real = shape(inspect(`berth-${id}-1-1`), id)
    await b.run(['rm', '--force', id])
    expect(byHand).toEqual(real)
    expect(real).toMatchObject({
      config: { User: '1234:1235', WorkingDir: '/home/agent' },
      host: {
        Memory: 700 * 1024 * 1024,
        NanoCpus: 5e8,
        PidsLimit: 300,
        NetworkMode: 'none',
        ShmSize: 20 * 1024 * 1024,
      },
    })
  })

  test('it warns of a variable that the shell does not set, as the task would', async () => {
    const { stdout } = await b.run(['run', '--dry-run', '--env', 'MISSING', ...flags()])
    expect(stdout).toContain('\nwarning   --env MISSING: this shell does not set it, so the agent does not get it\n')
  })

  test('--json prints the plan, without a secret', async () => {
    const plan = JSON.parse((await b.run(['run', '--dry-run', '--json', ...flags()])).stdout) as Record<string, unknown>
    expect(plan).toMatchObject({
      version: 1,
      provider: 'codex',
      envFrom: ['API_TOKEN'],
      model: { key: 'env:OPENAI_API_KEY' },
    })
    expect(JSON.stringify(plan)).not.toMatch(/hush-hush-hush|sk-real-key/)
  })
})
