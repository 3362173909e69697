import type { TokenOrder, TokenPlace } from './protocol.ts'
import type { DaemonInput } from './run-daemon.ts'

const BUFFER_MS = 5 * 60_000

/** Where a daemon's tokens come from, and when it asks for the next one. */
export const tokenSource = ({
  credentials,
}: Pick<TokenOrder, 'company' | 'credentials'> & {
  readonly place: TokenPlace
}): Pick<DaemonInput, 'refreshAt' | 'source'> => ({
  async source() {
    if (credentials.kind === 'app') throw new Error('no App is known yet')
    return { value: credentials.value, user: 'x-access-token', expiresAt: null }
  },
  refreshAt(expiresAt, now) {
    const left = Date.parse(expiresAt) - now.getTime()
    return new Date(Date.parse(expiresAt) - Math.min(BUFFER_MS, left / 4))
  },
})
