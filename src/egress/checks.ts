import { judge } from '../domain/network/judge.ts'
import { formatLine } from './audit.ts'
import { dialer } from './dial.ts'
import { paces } from './paces.ts'
import { connectTarget, isSameServer } from './proxy/connect-target.ts'
import { proxiedRequest } from './proxy/proxied-request.ts'
import { sniff } from './proxy/sniff.ts'
import { isWebSocket, withoutLimits } from './proxy/upgrade-rules.ts'
import { sandboxDial } from './sandbox-dial.ts'
import { taskLog } from './task-log.ts'

/** An agent's leak must not take the descriptors of the other tasks. */
const MOST_CONNECTIONS = 512

/**
 * What stands between a sandbox and the network. The tests of attacks run a gateway of their own with some of it
 * replaced, to show what an attack does without it. No program of the package takes another value than CHECKS.
 */
export const CHECKS = {
  judge,
  connectTarget,
  isSameServer,
  sniff,
  proxiedRequest,
  isWebSocket,
  withoutLimits,
  dialer,
  paces,
  taskLog,
  sandboxDial,
  formatLine,
  mostConnections: MOST_CONNECTIONS,
}

export type GatewayChecks = Readonly<typeof CHECKS>
