import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pause } from '../std/abort.ts'
import { holdDaemon } from './hold-daemon.ts'
import type { DaemonWord } from './protocol.ts'
import type { StartOptions } from './start-daemon.ts'
import type { TokenDaemons } from './token-daemon.ts'
import { watchDaemon } from './watch-daemon.ts'

const TERM_MS = 5000
const LOOK_MS = 5

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const terminate = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended by itself.
  }
}

/** Ends the daemon that listens there, if there is one, and waits for its end. */
const endDaemon = async (socket: string): Promise<void> => {
  const late = new AbortController()
  let pid: number | null = null
  const timer = setTimeout(() => {
    if (pid !== null) terminate(pid, 'SIGKILL')
    late.abort()
  }, TERM_MS)
  const take = (word: DaemonWord) => {
    if (word.kind !== 'hello') return
    pid = word.pid
    terminate(pid, 'SIGTERM')
  }
  try {
    await watchDaemon(socket, take, late.signal)
    // Its lock goes with the process, a moment after the connection.
    while (pid !== null && isAlive(pid) && !late.signal.aborted) await pause(LOOK_MS, late.signal).catch(() => {})
  } finally {
    clearTimeout(timer)
  }
}

/** A daemon that was killed has left its files. */
const rest: TokenDaemons['rest'] = async ({ socket, folder }) => {
  await endDaemon(socket)
  await rm(socket, { force: true })
  const names = await readdir(folder).catch(() => [])
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })))
}

/** The daemons as processes of this machine. */
export const tokenDaemons = (options: StartOptions): TokenDaemons => ({
  hold: (place, order, listener, signal) => holdDaemon({ options, place, order, listener }, signal),
  rest,
  async end(place) {
    await rest(place)
    await rm(place.folder, { recursive: true, force: true })
  },
})
