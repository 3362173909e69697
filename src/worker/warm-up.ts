import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:net'

const runs = (program: string): Promise<void> =>
  new Promise((resolve) => {
    const child = spawn(program, ['-c', ':'], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.resume()
    child.stderr.resume()
    child.once('error', () => resolve())
    child.once('close', () => resolve())
  })

const listens = (): Promise<void> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve())
    server.listen(0, '127.0.0.1', () => server.close(() => resolve()))
  })

/**
 * What every turn needs first is used once for nothing, while there is time: a process, a port, a folder, and the end of
 * a turn. Node loads and compiles it then, and not when the order is there. Whether any of it works is no matter.
 */
export const warmUp = async (folder: string): Promise<void> => {
  await Promise.all([
    runs('/bin/sh'),
    listens(),
    readdir(folder).catch(() => []),
    import('./finish-clone.ts').catch(() => {}),
  ])
}
