import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { BerthError } from '../domain/errors.ts'
import type { Limits } from './limits.ts'
import { type Announcement, logFolder } from './protocol.ts'

const START_MS = 15_000
/** Each name that is looked up holds one of libuv's threads. One task looks up two at once. */
const THREADS = { UV_THREADPOOL_SIZE: '16' }
/** It copies bytes: a small young generation keeps it from growing with the traffic. */
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2', '--disable-sigusr1']

export type StartOptions = {
  readonly runtimeDir: string
  readonly stateDir: string
  /** The gateway's program, and the Node that runs it. */
  readonly gatewayEntry: string
  readonly node: string
  /** Its whole environment; the system's authorities may be named in it (SSL_CERT_FILE). Default: empty. */
  readonly env?: Readonly<Record<string, string>>
  readonly limits?: Partial<Limits>
}

/** Starts a gateway in a session of its own. `busy`: another one serves the folders, or is about to. */
export const startGateway = async (options: StartOptions): Promise<Announcement> => {
  const { runtimeDir, stateDir, gatewayEntry, node, limits } = options
  const folder = logFolder(stateDir)
  // A state folder that somebody took away is not made again.
  if (!existsSync(stateDir)) throw new BerthError('state-not-writable', `${stateDir} is gone`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const outPath = join(folder, 'gateway.out')
  const out = openSync(outPath, 'a', 0o600)
  const tuning = limits === undefined ? [] : ['--limits', JSON.stringify(limits)]
  const child = spawn(node, [...NODE_FLAGS, gatewayEntry, '--runtime', runtimeDir, '--state', stateDir, ...tuning], {
    cwd: '/',
    detached: true,
    env: { ...THREADS, ...options.env },
    stdio: ['ignore', out, out, 'pipe'],
  })
  closeSync(out)
  const { promise, resolve, reject } = Promise.withResolvers<Announcement>()
  const fail = (why: string) => {
    const hint = `See ${outPath}.`
    reject(new BerthError('internal', `the gateway (${node} ${gatewayEntry}) could not be started: ${why}`, { hint }))
  }
  const timer = setTimeout(() => {
    child.kill('SIGKILL')
    fail(`it was not ready after ${START_MS / 1000} s`)
  }, START_MS)
  child.once('error', (error) => fail(error.message))
  child.once('exit', (code, signal) => fail(`it ended with ${signal ?? `exit code ${code}`}`))
  const word = child.stdio[3] as Readable
  word.once('data', (data: Buffer) => resolve(data.toString().trim() as Announcement))
  word.on('error', () => {})
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    word.destroy()
    child.unref()
  }
}
