import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { faultPoint } from '../../std/fault-point.ts'
import type { RefreshLogin } from '../egress.ts'
import { ISSUER_MS, LOCK_MS, REFRESH_WORDS, type RefreshOrder } from './protocol.ts'

const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--disable-sigusr1']
const SLACK_MS = 15_000

type Options = {
  /** The refresher's program, and the Node that runs it. */
  readonly entry: string
  readonly node: string
  /** Its whole environment; the system's authorities may be named in it. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * Starts one refresher for each refresh, in a session of its own: it goes on when the supervisor dies between the
 * issuer's answer and the disk, where the refresh token would be lost.
 */
export const loginRefreshes =
  ({ entry, node, env }: Options): RefreshLogin =>
  (order: RefreshOrder) => {
    const { promise, resolve } = Promise.withResolvers<string | null>()
    const child = spawn(node, [...NODE_FLAGS, entry], {
      cwd: '/',
      detached: true,
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    const timer = setTimeout(() => resolve('the refresher does not end'), LOCK_MS + ISSUER_MS + SLACK_MS)
    child.once('error', (error) => resolve(`the refresher could not be started: ${error.message}`))
    child.once('close', (code, signal) => resolve(`the refresher ended with ${signal ?? `exit code ${code}`}`))
    createInterface({ input: child.stdout }).on('line', (word) => {
      if (REFRESH_WORDS.has(word)) faultPoint(`login.${word}`)
      if (word === 'stored') resolve(null)
      else if (word.startsWith('failed ')) resolve(word.slice('failed '.length))
    })
    child.stdin.on('error', () => {}).end(JSON.stringify(order))
    child.unref()
    for (const pipe of [child.stdin, child.stdout]) (pipe as unknown as Socket).unref()
    return promise.finally(() => clearTimeout(timer))
  }
