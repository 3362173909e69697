import type { Duplex } from 'node:stream'
import type { SecureContext } from 'node:tls'
import type { NetworkRule } from '../../domain/network/rule.ts'
import type { Activity } from '../activity.ts'
import type { GatewayChecks } from '../checks.ts'
import type { Dial } from '../dial.ts'
import type { Paces } from '../paces.ts'
import type { NetLine, TaskLog } from '../task-log.ts'
import type { OpenStreams } from './open-streams.ts'
import type { Target } from './target.ts'
import type { DialTarget, UpstreamConnections } from './upstream-connections.ts'

export type ProxyDeps = {
  readonly checks: GatewayChecks
  readonly task: string
  readonly log: Pick<TaskLog, 'net'>
  readonly paces: Paces
  readonly track: Pick<Activity, 'request'>
  /** What the gateway proves itself with to a client in the sandbox, in a host's place. */
  readonly proofOf: (host: string) => Promise<SecureContext>
}

/** What may change while the task runs. */
export type ProxyRules = {
  readonly rules: readonly NetworkRule[]
  readonly dial: Dial
  /** What servers are checked against. */
  readonly secureContext: () => SecureContext
}

/** One connection of a client: the task's own, or what a tunnel carries. */
export type Client = {
  readonly scheme: 'http' | 'https'
  /** Where the tunnel leads; null for the task's own connection, whose requests each name their target. */
  readonly tunnel: Target | null
  readonly upstreams: UpstreamConnections
}

/** What all parts of a task's proxy use. */
export type ProxyContext = ProxyDeps & {
  readonly dial: DialTarget
  readonly rules: () => readonly NetworkRule[]
  readonly streams: OpenStreams
  /** What came by `socket`: the client of a tunnel, or of the task's socket. */
  readonly clientOf: (socket: Duplex) => Client
  /** Serves HTTP on a connection that a tunnel carries. */
  readonly serve: (socket: Duplex, client: Client) => void
  readonly audit: (line: NetLine) => void
}
