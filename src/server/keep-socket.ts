import { chmodSync, type FSWatcher, lstatSync, renameSync, rmSync, watch } from 'node:fs'
import type { Server } from 'node:http'
import { dirname } from 'node:path'
import { privateFolder } from './private-folder.ts'

/** Where the kernel tells nothing: no watch is left, or the folder cannot be made yet. */
const AGAIN_MS = 1000

const inode = (path: string): bigint | undefined => lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino

/**
 * Listens on a unix socket of the owner's alone, and again wherever somebody has taken the socket or its folder away: who
 * holds the lock of the state folder must be there to be found. Connections that are open go on.
 */
export const keepSocket = async (input: {
  readonly server: Server
  readonly path: string
  /** Told of each loss. */
  readonly lost: (error: unknown) => void
}): Promise<{ readonly close: () => void }> => {
  const { server, path, lost } = input
  const folder = dirname(path)
  const temporary = `${path}.${process.pid}`
  let own: bigint | undefined
  let watcher: FSWatcher | undefined
  let timer: NodeJS.Timeout | undefined
  let state: 'listening' | 'binding' | 'closed' = 'binding'

  const again = () => {
    clearTimeout(timer)
    timer = setTimeout(check, AGAIN_MS)
    timer.unref()
  }
  const look = () => {
    watcher?.close()
    watcher = undefined
    try {
      watcher = watch(folder, { persistent: false }, check).on('error', again)
    } catch {
      again()
    }
  }
  const bind = async (): Promise<void> => {
    privateFolder(folder)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    server.once('error', reject).listen(temporary, resolve)
    await promise
    server.off('error', reject)
    chmodSync(temporary, 0o600)
    renameSync(temporary, path)
    own = inode(path)
    state = 'listening'
    look()
    // It may have gone before anybody looked.
    check()
  }
  const mend = async (): Promise<void> => {
    state = 'binding'
    lost(undefined)
    server.close()
    try {
      await bind()
    } catch (error) {
      lost(error)
      state = 'listening'
      again()
    }
  }
  function check(): void {
    if (state !== 'listening') return
    if (own === undefined || inode(path) !== own) void mend()
    else if (watcher === undefined) again()
  }
  await bind()
  return {
    /** The file goes; the server is the caller's to close. */
    close: () => {
      state = 'closed'
      clearTimeout(timer)
      watcher?.close()
      rmSync(path, { force: true })
    },
  }
}
