import type { TokenOrder, TokenPlace } from './protocol.ts'
import type { DaemonInput } from './run-daemon.ts'

/** Where a daemon's tokens come from. */
export const tokenSource =
  ({
    credentials,
  }: Pick<TokenOrder, 'company' | 'credentials'> & {
    readonly place: TokenPlace
    readonly log: (line: object) => void
  }): DaemonInput['source'] =>
  async () => {
    if (credentials.kind === 'app') throw new Error('no App is known yet')
    return { value: credentials.value, user: 'x-access-token', expiresAt: null, refreshAt: null }
  }
