import { execFile } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { SECCOMP_FILE } from '../../src/domain/seccomp-profile.ts'
import type { WorkOrder } from '../../src/domain/worker-protocol.ts'
import { imageName } from '../../src/install/image-name.ts'
import type { TestEngine } from '../fixtures/engines.ts'
import { execConnection } from '../fixtures/exec-connection.ts'
import { newestToolbox } from '../fixtures/newest-toolbox.ts'
import { cleanups, client, root, taskOf } from './gateway-harness.ts'
import { type Berth, type Ended, ended, putOrder, workerFile } from './worker-harness.ts'

const LABEL = `berth.test.terminal=${process.pid}`
const USER = '1000:1000'
const run = promisify(execFile)
type Run = NonNullable<WorkOrder['run']>

export const cliOf = ({ kind, endpoint }: Pick<TestEngine, 'kind' | 'endpoint'>) => {
  const flag = kind === 'docker' ? '--host' : '--url'
  return (...args: readonly string[]) =>
    run(kind, [flag, endpoint, ...args], { encoding: 'latin1', maxBuffer: 256 * 1024 * 1024 })
}

/** An order as it names things in a container. */
const inside = (berth: Berth, wanted: Partial<Run> | null, socket: boolean, changes: Partial<WorkOrder>): WorkOrder => {
  const more = wanted === null ? null : { cwd: '/work', env: { BERTH_TASK: berth.task }, ...wanted }
  const paths = {
    work: '/work',
    home: '/home/agent',
    exchange: '/berth/exchange',
    git: '/opt/berth/libexec/git-core/git',
    gitExec: '/opt/berth/libexec/git-core',
  }
  const forward = { port: 0, socket: '/run/berth/gateway.sock', holdMs: 1000, alone: true, callers: true }
  return { ...berth.order(more), paths, ...(socket && { forward }), ...changes }
}

/**
 * A worker in a container of an engine, as an ordinary user without a network and capabilities, beside a gateway by which
 * callers come.
 */
export const startInEngine = async (
  engine: TestEngine,
  berth: Berth,
  asked: {
    readonly run: Partial<Run> | null
    readonly changes?: Partial<WorkOrder>
    readonly image?: string
    readonly options?: readonly string[]
  },
) => {
  const cli = cliOf(engine)
  const gateway = client()
  const task = taskOf('http://127.0.0.1:9')
  await gateway.open(task)
  // The user of a rootless engine is another one than we.
  for (const path of [root, dirname(task.socket), berth.folder.path, dirname(dirname(workerFile()))])
    chmodSync(path, 0o755)
  for (const name of ['work', 'home', 'exchange']) chmodSync(berth.at(name), 0o777)
  putOrder(berth, inside(berth, asked.run, true, asked.changes ?? {}))
  chmodSync(berth.at('exchange/order.json'), 0o644)
  const mount = (from: string, to: string, mode = '') => ['-v', `${from}:${to}${mode}`]
  const { stdout } = await cli(
    ...['run', '-d', '--label', LABEL, '--network', 'none', '--user', USER, '--cap-drop', 'ALL', '--workdir', '/'],
    ...['--security-opt', 'no-new-privileges', '--security-opt', `seccomp=${newestToolbox()}/${SECCOMP_FILE}`],
    ...['--log-driver', engine.kind === 'docker' ? 'json-file' : 'k8s-file'],
    ...(asked.options ?? []),
    ...mount(berth.at('work'), '/work'),
    ...mount(berth.at('home'), '/home/agent'),
    ...mount(berth.at('exchange'), '/berth/exchange'),
    ...mount(dirname(task.socket), '/run/berth', ':ro'),
    ...mount(dirname(dirname(workerFile())), '/berth/bundle', ':ro'),
    ...mount(newestToolbox(), '/opt/berth', ':ro'),
    ...[asked.image ?? imageName('latest'), '/opt/berth/bin/tini', '--', '/opt/berth/bin/node'],
    ...['/berth/bundle/worker/main.cjs', '/berth/exchange'],
  )
  const id = stdout.trim()
  cleanups.push(() => cli('rm', '--force', id))
  const signal = new AbortController().signal
  return {
    id,
    socket: (kind: 'terminal' | 'program') => gateway.dial('t-1', { kind }, signal),
    dial: async (kind: 'terminal' | 'program') => execConnection(await gateway.dial('t-1', { kind }, signal)),
    stop: () => cli('kill', '--signal', 'TERM', id),
    /** Waits for the container's end. */
    async end(): Promise<Ended> {
      const { stdout: code } = await cli('wait', id)
      const logs = await cli('logs', id)
      return ended(Number(code), Buffer.from(logs.stdout, 'latin1'), logs.stderr)
    },
  }
}
