import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { dirname, join } from 'node:path'

const inode = (path: string): bigint | undefined => lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino

export type UnixListener = {
  /** False where the file was removed or replaced behind our back. */
  readonly there: () => boolean
  /** Takes the file away, where it is still ours, and accepts no more. */
  readonly close: () => void
}

/**
 * Listens on a unix socket that is bound under a temporary name and renamed, so that it shows, with its mode, in one step,
 * replaces what a killed gateway left, and appears in a folder that is mounted elsewhere.
 */
export const listenUnix = async (server: Server, path: string, mode: number): Promise<UnixListener> => {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const temporary = join(folder, `.${crypto.randomUUID().slice(0, 8)}`)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ path: temporary, backlog: 511 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const own = inode(temporary)
  try {
    chmodSync(temporary, mode)
    renameSync(temporary, path)
  } catch (error) {
    server.close()
    rmSync(temporary, { force: true })
    throw error
  }
  const there = () => inode(path) === own
  return {
    there,
    close: () => {
      if (there()) rmSync(path, { force: true })
      server.close()
    },
  }
}
