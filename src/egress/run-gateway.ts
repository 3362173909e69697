import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileLock } from '../std/file-lock.ts'
import { activity } from './activity.ts'
import { audit } from './audit.ts'
import { CHECKS, type GatewayChecks } from './checks.ts'
import { control } from './control.ts'
import { gateway } from './gateway.ts'
import type { Limits } from './limits.ts'
import { listenUnix } from './listen-unix.ts'
import { controlSocket, lockFile, logFolder } from './protocol.ts'
import { pruneLogs } from './prune-logs.ts'
import { trustFiles } from './trust-files.ts'
import { upstreamAgents } from './upstream-agents.ts'
import { watchFolders } from './watch-folders.ts'

export type GatewayOptions = {
  readonly runtimeDir: string
  readonly stateDir: string
  readonly build: string
  readonly limits: Limits
  /** For tests of attacks. */
  readonly checks?: GatewayChecks
}

const CONTROL_MODE = 0o600

/** Runs the gateway in this process, which it also ends. False at once where another one serves these folders. */
export const runGateway = async (options: GatewayOptions): Promise<boolean> => {
  const { runtimeDir, stateDir, build, limits, checks = CHECKS } = options
  const held = fileLock(lockFile(runtimeDir))
  if (held === undefined) return false
  // Halves of sockets that a killed one was binding.
  for (const name of readdirSync(runtimeDir)) if (/^\.[0-9a-f]{8}$/.test(name)) rmSync(join(runtimeDir, name))
  const logs = logFolder(stateDir)
  if (!existsSync(stateDir)) return false
  mkdirSync(logs, { recursive: true, mode: 0o700 })
  const { instance, write } = audit(logs, checks.formatLine)
  let ending = false
  const end = () => {
    if (ending) return
    ending = true
    // The sockets go before the lock: what a successor binds is not ours to take away.
    it.shut()
    listener.close()
    held[Symbol.dispose]()
    // Tells the supervisor, which watches by an open connection.
    server.closeAllConnections()
    setTimeout(() => process.exit(0), limits.drainMs).unref()
    track.whenQuiet(() => setImmediate(() => process.exit(0)))
  }
  const track = activity(limits.idleMs, () => it.tasks().length, end)
  const self = { build, instance }
  const ways = { checks, agents: upstreamAgents(), trustFiles: trustFiles() }
  const it = gateway({ ...ways, limits, write, track, self, changed: track.settle, retired: end })
  const server = control(it).on('connection', track.connection)
  const path = controlSocket(runtimeDir)
  let listener = await listenUnix(server, path, CONTROL_MODE)
  let mending = false
  /** The supervisor must find us, since nobody else gets our lock. */
  const mend = async () => {
    if (ending || mending || listener.there()) return
    mending = true
    try {
      listener.close()
      listener = await listenUnix(server, path, CONTROL_MODE)
    } finally {
      mending = false
    }
  }
  process.on('SIGTERM', end)
  // A terminal's signals are meant for others.
  process.on('SIGHUP', () => {})
  process.on('SIGINT', () => {})
  watchFolders([runtimeDir, logs], { gone: () => process.exit(0), changed: () => void mend().catch(() => {}) })
  setImmediate(() => pruneLogs(logs))
  track.settle()
  return true
}
