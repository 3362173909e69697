import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const START_MS = 30_000

type Program = {
  readonly command: string
  /** Writes its settings into the folder; gives its arguments. `authorities`: a PEM file of what servers are checked against. */
  readonly arguments: (at: {
    readonly port: number
    readonly folder: string
    readonly authorities: string
  }) => readonly string[]
}

const settings = (folder: string, lines: readonly string[]): string => {
  const file = join(folder, 'settings')
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

/** Proxies of the distribution. Each writes a line about each request, as Berth's does; none caches. */
const PROGRAMS = {
  squid: {
    command: 'squid',
    arguments: ({ port, folder }) => [
      '-N',
      '-f',
      settings(folder, [
        `http_port 127.0.0.1:${port}`,
        'http_access allow all',
        'cache deny all',
        'pinger_enable off',
        'shutdown_lifetime 0 seconds',
        `access_log stdio:${folder}/access.log`,
        `cache_log ${folder}/cache.log`,
        `pid_filename ${folder}/squid.pid`,
        `coredump_dir ${folder}`,
      ]),
    ],
  },
  tinyproxy: {
    command: 'tinyproxy',
    arguments: ({ port, folder }) => [
      '-d',
      '-c',
      settings(folder, [
        `Port ${port}`,
        'Listen 127.0.0.1',
        'Allow 127.0.0.1',
        'MaxClients 200',
        'Timeout 60',
        'LogLevel Connect',
        `LogFile "${folder}/access.log"`,
      ]),
    ],
  },
  mitmproxy: {
    command: 'mitmdump',
    arguments: ({ port, folder, authorities }) => [
      '--listen-host',
      '127.0.0.1',
      '--listen-port',
      String(port),
      '--set',
      `confdir=${folder}`,
      '--set',
      `ssl_verify_upstream_trusted_ca=${authorities}`,
    ],
  },
} satisfies Record<string, Program>

export type OtherProxy = keyof typeof PROGRAMS

/** Squid lies in a folder that only root has in its PATH. */
const folders = () => [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']

const installed = (command: string): string | undefined =>
  folders()
    .map((folder) => join(folder, command))
    .find((path) => existsSync(path))

const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => resolve(true))
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy())
  })

const untilReady = async (child: ChildProcess, name: string, port: number): Promise<void> => {
  for (const until = performance.now() + START_MS; performance.now() < until; await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`)
    if (await answers(port)) return
  }
  throw new Error(`${name} does not listen`)
}

/** Starts a proxy of the distribution. Undefined, with a word about it, where it is not installed. */
export const startProxy = async (name: OtherProxy, parent: string, authorities: string) => {
  const program: Program = PROGRAMS[name]
  const path = installed(program.command)
  if (path === undefined) {
    process.stdout.write(`${name} is not installed, so there is nothing to compare with it\n`)
    return undefined
  }
  const folder = join(parent, name)
  mkdirSync(folder)
  // Started by root, it becomes another user.
  chmodSync(folder, 0o777)
  chmodSync(parent, 0o755)
  const port = await freePort()
  const child = spawn(path, program.arguments({ port, folder, authorities }), { stdio: 'ignore' })
  // Also where the benchmark ends by an error that nobody catches.
  const kill = () => void child.kill()
  process.once('exit', kill)
  const ended = new Promise((resolve) => {
    child.once('exit', resolve).once('error', resolve)
  })
  try {
    await untilReady(child, name, port)
  } catch (error) {
    kill()
    throw error
  }
  return {
    port,
    /** What it signs with; only for one that inspects. */
    authority: () => readFileSync(join(folder, 'mitmproxy-ca-cert.pem'), 'utf8'),
    end: async () => {
      kill()
      await ended
      process.off('exit', kill)
    },
  }
}
