import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import type { DaemonWord } from './protocol.ts'

const SOCKET_MODE = 0o600
const FOLDER_MODE = 0o700
/** A watcher that answers no sooner holds no refresh up. */
const ANSWER_MS = 2000

const line = (word: DaemonWord): string => `${JSON.stringify(word)}\n`

const listen = async (server: Server, path: string): Promise<void> => {
  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE })
  const temporary = `${path}.new`
  rmSync(temporary, { force: true })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(temporary, resolve)
  await promise
  server.off('error', reject)
  chmodSync(temporary, SOCKET_MODE)
  renameSync(temporary, path)
}

/** Resolves when the watcher has sent something, has gone, or takes too long. */
const answered = (watcher: Socket): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ANSWER_MS)
  const done = () => resolve()
  watcher.once('data', done).once('close', done)
  return promise.finally(() => {
    clearTimeout(timer)
    watcher.off('data', done).off('close', done)
  })
}

/** Tells those who are connected to a socket how a daemon gets on. Call it under the daemon's lock. */
export const announcer = async (path: string, hello: () => DaemonWord) => {
  const watchers = new Set<Socket>()
  const server = createServer((watcher) => {
    watchers.add(watcher)
    watcher
      .on('error', () => {})
      .on('close', () => watchers.delete(watcher))
      .resume()
    watcher.write(line(hello()))
  })
  await listen(server, path)
  const tell = (word: DaemonWord): void => {
    for (const watcher of watchers) watcher.write(line(word))
  }
  return {
    tell,
    /** Tells, and waits until all have heard it. */
    async ask(word: DaemonWord): Promise<void> {
      const all = [...watchers].map(answered)
      tell(word)
      await Promise.all(all)
    },
    close(): void {
      rmSync(path, { force: true })
      server.close()
      for (const watcher of watchers) watcher.end()
    },
  }
}
