import { lstatSync, mkdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { BerthError } from '../domain/errors.ts'
import type { ControlClient, Watcher } from './control-client.ts'
import { CONTROL_PROTOCOL, type GatewayStatus } from './protocol.ts'
import { type StartOptions, startGateway } from './start-gateway.ts'

const TRIES = 200
const PAUSE_MS = 25

/** Makes the folder for the sockets; refuses one that somebody else made or may look into. */
const ownFolder = (path: string): void => {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const { uid, mode } = lstatSync(path)
  if (uid !== process.getuid?.() || (mode & 0o40077) !== 0o40000) {
    throw new BerthError(
      'state-not-writable',
      `the folder ${path} for Berth's sockets belongs to another user or is open to others`,
      {
        hint: `Remove it, or run chmod 700 ${path} if it is yours.`,
      },
    )
  }
}

/** A gateway that answers but should not go on: it speaks another protocol, or is of another build and holds nothing. */
export const isOutdated = (status: GatewayStatus, build: string | undefined): boolean =>
  status.protocol !== CONTROL_PROTOCOL || (build !== undefined && status.build !== build && status.tasks === 0)

const terminate = (pid: number): void => {
  try {
    process.kill(pid, 'SIGTERM')
  } catch {}
}

export type LiveOptions = StartOptions & { readonly build?: string }

/**
 * The watched connection to a gateway, started on need. An outdated one is asked to drain: it closes its sockets, lets
 * open requests end, and a new one serves from then on.
 */
export const liveGateway = async (
  options: LiveOptions,
  client: ControlClient,
  watcher: Watcher,
): Promise<GatewayStatus> => {
  ownFolder(options.runtimeDir)
  let cause: unknown
  for (let i = 0; i < TRIES; i += 1) {
    let replaced = false
    try {
      const ended = () => {
        if (!replaced) watcher.ended()
      }
      const status = await client.watch({ ...watcher, ended })
      if (!isOutdated(status, options.build)) return status
      replaced = true
      terminate(status.pid)
    } catch (error) {
      replaced = true
      cause = error
      // Busy: another is on its way up, or an old one on its way down.
      if ((await startGateway(options)) === 'ready') continue
    }
    await sleep(PAUSE_MS)
  }
  throw new BerthError('internal', `no gateway answers on ${options.runtimeDir}, though one holds its lock`, { cause })
}
