import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { BerthError } from '../domain/errors.ts'
import type { DaemonWord, StartWord, TokenOrder } from './protocol.ts'
import { daemonCommand, daemonError, type StartOptions } from './start-daemon.ts'
import { watchDaemon } from './watch-daemon.ts'

const LOOK_MS = 2000

/** The process that keeps the task's token already; null where it does not answer. */
const holder = async (socket: string): Promise<number | null> => {
  const heard = new AbortController()
  let pid: number | null = null
  const take = (word: DaemonWord) => {
    if (word.kind !== 'hello') return
    pid = word.pid
    heard.abort()
  }
  await watchDaemon(socket, take, AbortSignal.any([heard.signal, AbortSignal.timeout(LOOK_MS)]))
  return pid
}

const busy = async ({ task, socket }: TokenOrder): Promise<BerthError> => {
  const pid = await holder(socket)
  const who = pid === null ? 'another process' : `process ${pid}`
  return new BerthError('not-allowed', `${task}: ${who} keeps the token of this task already`, {
    hint: pid === null ? 'Try again in a moment.' : `\`kill ${pid}\` ends it; then the task has no token.`,
  })
}

/**
 * Runs a daemon as a child until it ends; its log goes to stderr. `onStart` gets a function that ends it in order.
 * Rejects where there is one already, or no first token.
 */
export const runInForeground = async (
  options: StartOptions,
  order: TokenOrder,
  onStart: (end: () => void) => void,
): Promise<number> => {
  const { node, env } = options
  const [program, ...args] = [node, ...daemonCommand(options, order)]
  const child = spawn(program, args, { cwd: '/', env, stdio: ['pipe', 'pipe', 'inherit'] })
  const words: StartWord[] = []
  createInterface({ input: child.stdout }).on('line', (line) => words.push(JSON.parse(line) as StartWord))
  child.stdin.on('error', () => {}).end(JSON.stringify(order))
  onStart(() => void child.kill('SIGTERM'))
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.once('error', reject)
  child.once('close', (code) => resolve(code ?? 1))
  const code = await promise
  const last = words.at(-1)
  if (last?.kind === 'busy') throw await busy(order)
  if (last?.kind === 'failed') throw daemonError(last)
  return code
}
