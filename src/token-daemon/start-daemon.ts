import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { BerthError, type ErrorCode } from '../domain/errors.ts'
import type { StartWord, TokenOrder } from './protocol.ts'

const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--disable-sigusr1', '--max-semi-space-size=1']
const START_MS = 15_000

export type StartOptions = {
  /** The daemon's program, and the Node that runs it. */
  readonly entry: string
  readonly node: string
  /** Its whole environment; the system's authorities may be named in it. */
  readonly env: Readonly<Record<string, string>>
}

export type Started = {
  /** busy: another one runs, or ends just now. */
  readonly kind: 'listening' | 'busy'
  /** Resolves with null once there is a token, and with an error where there is none. */
  readonly result: Promise<BerthError | null>
}

/** No secret stands in it. */
export const daemonCommand = (
  { entry }: Pick<StartOptions, 'entry'>,
  { task, taskFolder }: TokenOrder,
): readonly string[] => [...NODE_FLAGS, entry, '--state', dirname(dirname(taskFolder)), '--task', task]

/** The error behind a daemon's word that it failed. */
export const daemonError = ({ code, message, hint }: StartWord & { kind: 'failed' }): BerthError =>
  new BerthError(code as ErrorCode, message, hint === undefined ? {} : { hint })

/** Starts a daemon in a session of its own; its log is beside the task's journal. */
export const startDaemon = async (options: StartOptions, order: TokenOrder): Promise<Started> => {
  const { node, env } = options
  const logFile = join(order.taskFolder, 'token-daemon.log')
  const log = openSync(logFile, 'a', 0o600)
  const child = spawn(node, daemonCommand(options, order), {
    cwd: '/',
    detached: true,
    env,
    stdio: ['pipe', 'pipe', log],
  })
  closeSync(log)
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('the token daemon has no pipes')
  const first = Promise.withResolvers<Started['kind']>()
  const result = Promise.withResolvers<BerthError | null>()
  const failed = (why: string) => {
    const error = new BerthError('internal', `${order.task}: the token daemon ${why}`, { hint: `See ${logFile}.` })
    first.reject(error)
    result.resolve(error)
  }
  const timer = setTimeout(() => {
    child.kill('SIGKILL')
    failed(`was not ready after ${START_MS / 1000} s`)
  }, START_MS)
  child.once('error', (error) => failed(`could not be started: ${error.message}`))
  createInterface({ input: stdout }).on('line', (line) => {
    const word = JSON.parse(line) as StartWord
    if (word.kind === 'ready') return result.resolve(null)
    if (word.kind !== 'failed') return first.resolve(word.kind)
    first.reject(daemonError(word))
    result.resolve(daemonError(word))
  })
  child.once('close', (code, signal) => failed(`ended with ${signal ?? `exit code ${code}`}`))
  stdin.on('error', () => {}).end(JSON.stringify(order))
  child.unref()
  for (const pipe of [stdin, stdout]) (pipe as unknown as Socket).unref()
  try {
    return { kind: await first.promise, result: result.promise }
  } finally {
    clearTimeout(timer)
  }
}
