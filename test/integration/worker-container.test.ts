import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { FRAME_BYTES, type WorkOrder } from '../../src/domain/worker-protocol.ts'
import { imageName } from '../../src/install/image-name.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { newestToolbox } from '../fixtures/newest-toolbox.ts'
import { git } from '../fixtures/remotes/git.ts'
import { WAIT_MS } from '../fixtures/wait-ms.ts'
import { AGENTS, type Berth, type Ended, ended, makeBerth, openBundle, putOrder, workerFile } from './worker-harness.ts'

const LABEL = `berth.test.worker=${process.pid}`
const USER = 1000
/** Its worker is not used here. */
const toolbox = newestToolbox()
const run = promisify(execFile)
type Cli = 'docker' | 'podman'
const engines = rootfulEngines().map((engine): Cli => engine.kind)

const cli = async (engine: Cli, ...args: string[]) =>
  run(engine, args, { encoding: 'latin1', maxBuffer: 256 * 1024 * 1024 })

afterAll(() => {
  for (const engine of engines) {
    const ids = execFileSync(engine, ['ps', '-aq', '--filter', `label=${LABEL}`])
      .toString()
      .split('\n')
      .filter(Boolean)
    if (ids.length > 0) execFileSync(engine, ['rm', '-f', ...ids], { stdio: 'ignore' })
  }
})

/** As an order names things inside; the folders belong to the container's user. */
const inside = (berth: Berth, script: string, changes: Partial<WorkOrder> = {}): WorkOrder => {
  const order = berth.order({
    argv: ['/bin/sh', '-c', script],
    cwd: '/work',
    env: { AGENTS: '/agents', BERTH_TASK: berth.task },
  })
  for (const name of ['work', 'home', 'exchange']) chownSync(berth.at(name), USER, USER)
  chmodSync(berth.folder.path, 0o755)
  return {
    ...order,
    paths: {
      work: '/work',
      home: '/home/agent',
      exchange: '/berth/exchange',
      git: '/opt/berth/libexec/git-core/git',
      gitExec: '/opt/berth/libexec/git-core',
    },
    workspace: order.workspace.kind === 'clone' ? { ...order.workspace, mirror: '/berth/mirror.git' } : order.workspace,
    ...changes,
  }
}

const start = async (engine: Cli, berth: Berth, options: readonly string[] = []) => {
  mkdirSync(berth.at('worker'))
  copyFileSync(workerFile(), berth.at('worker/main.cjs'))
  const mount = (from: string, to: string, mode = '') => ['-v', `${from}:${to}${mode}`]
  const { stdout } = await cli(
    engine,
    ...['run', '-d', '--label', LABEL, '--network', 'none', '--user', `${USER}:${USER}`, '--cap-drop', 'ALL'],
    ...[
      '--security-opt',
      'no-new-privileges',
      '--log-driver',
      engine === 'docker' ? 'json-file' : 'k8s-file',
      ...options,
    ],
    ...mount(berth.at('work'), '/work'),
    ...mount(berth.at('home'), '/home/agent'),
    ...mount(berth.at('exchange'), '/berth/exchange'),
    ...mount(berth.at('worker'), '/berth/worker', ':ro'),
    ...mount(AGENTS, '/agents', ':ro'),
    ...mount(toolbox, '/opt/berth', ':ro'),
    ...(berth.base === '' ? [] : mount(berth.mirror, '/berth/mirror.git', ':ro')),
    ...[imageName('latest'), '/opt/berth/bin/tini', '--', '/opt/berth/bin/node'],
    ...['/berth/worker/main.cjs', '/berth/exchange'],
  )
  return stdout.trim()
}

const logs = async (engine: Cli, id: string, code: number | null): Promise<Ended> => {
  const { stdout, stderr } = await cli(engine, 'logs', id)
  return ended(code, Buffer.from(stdout, 'latin1'), stderr)
}

const finish = async (engine: Cli, id: string): Promise<Ended> => {
  const { stdout } = await cli(engine, 'wait', id)
  return logs(engine, id, Number(stdout))
}

const saw = async (engine: Cli, id: string, text: string) => {
  for (const until = Date.now() + WAIT_MS; Date.now() < until; ) {
    if ((await logs(engine, id, null)).out().toString().includes(text)) return
  }
  throw new Error(`${text} did not come`)
}

test('there is an engine, a toolbox and an image to test with', () => {
  expect(engines).not.toEqual([])
  expect(readdirSync(join(toolbox, 'bin'))).toContain('tini')
})

for (const engine of engines) {
  test(`${engine}: a whole turn as an ordinary user without capabilities`, async () => {
    using berth = makeBerth({ 'README.md': '# Hello\n' })
    const script = [
      'id -u; git status --short --branch; git log --format=%s',
      'echo 1 > one; git add one; git commit -qm one; echo 2 > two; find .git/objects -mindepth 1 -type d -exec chmod a-w {} +',
      'setsid sleep 1000 & sleep 1000 >/dev/null 2>&1 </dev/null &',
      '/agents/bytes.mjs 2>/dev/null; /opt/berth/bin/node /agents/bytes.mjs latin1; /opt/berth/bin/node /agents/bytes.mjs line 1000000',
      'exit 4',
    ].join('\n')
    putOrder(berth, inside(berth, script))
    const result = await finish(engine, await start(engine, berth))
    expect(result.get('fail')).toBeUndefined()
    expect(result.code).toBe(4)
    const out = result.out().toString('latin1')
    expect(out).toContain(`1000\n## berth/${berth.task}\nfirst\ncaf\xe9 na\xefve\nplain\n`)
    expect(result.out().length).toBe(out.indexOf('plain\n') + 6 + 1_000_001)
    for (const line of result.lines) expect(line.length).toBeLessThan(FRAME_BYTES)
    expect(result.frames.map((frame) => frame.n)).toEqual(result.frames.map((_, at) => at + 1))
    expect(result.get('agent-end')).toMatchObject({ code: 4, left: 2, oom: false })
    expect(result.get('work')).toMatchObject({ committed: true, uncommitted: ['two'] })
    const { folder, refs } = openBundle(berth)
    expect(git(folder, ['log', '--format=%s', refs['HEAD']!]).split('\n')).toEqual(['Do it', 'one', 'first'])
  })

  test(`${engine}: a stop by the engine ends an agent that ignores it, and what left its group`, async () => {
    using berth = makeBerth()
    putOrder(berth, inside(berth, 'setsid sleep 1000 & exec /agents/stubborn.sh'))
    const id = await start(engine, berth)
    await saw(engine, id, 'ready')
    await cli(engine, 'kill', '--signal', 'TERM', id)
    const result = await finish(engine, id)
    expect(result.out().toString()).toBe('ready\ngot INT\ngot TERM\n')
    expect(result.get('agent-end')).toMatchObject({ end: 'stopped', signal: 'SIGKILL' })
    expect(result.get('agent-end')?.left).toBeGreaterThanOrEqual(2)
    expect(result.code).toBe(137)
  })

  test(`${engine}: the kernel's killer is named`, async () => {
    using berth = makeBerth({ 'README.md': '# Hello\n' })
    putOrder(
      berth,
      inside(berth, 'echo kept > kept.txt; /opt/berth/bin/node -e "const a=[];for(;;)a.push(Buffer.alloc(1e6,1))"'),
    )
    const result = await finish(engine, await start(engine, berth, ['--memory', '150m', '--memory-swap', '150m']))
    expect(result.get('agent-end')).toMatchObject({ oom: true })
    expect(result.get('work')).toMatchObject({ uncommitted: ['kept.txt'], committed: true })
  })

  test(`${engine}: a frame that the agent writes into the log itself is out of sequence`, async () => {
    using berth = makeBerth()
    putOrder(berth, inside(berth, 'exec /agents/forge.sh log'))
    const result = await finish(engine, await start(engine, berth))
    // Worker and agent share a user: this can't be kept away, only seen by its number.
    const own = result.frames.filter((frame) => frame.t !== 1)
    expect(result.frames).toHaveLength(own.length + 1)
    expect(own.map((frame) => frame.n)).toEqual(own.map((_, at) => at + 1))
    expect(result.code).toBe(9)
  })
}
