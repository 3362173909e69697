import { companyFetch } from '../egress/company-fetch.ts'
import { github } from '../forges/github/github.ts'
import type { TokenOrder } from './protocol.ts'
import type { DaemonInput } from './run-daemon.ts'

/** Asks the forge of an order for tokens of its one repository. */
export const tokenSource = (order: TokenOrder): DaemonInput['source'] => {
  const { credentials, company, host, repository, permissions } = order
  const { access, baseUrl, secret } = credentials
  const fetch = companyFetch()(company)
  const forge = github({
    ...{ access, baseUrl, host },
    fetch: () => fetch,
    readKey: async () => secret,
    readToken: async () => secret,
    // The daemon says it itself.
    log: () => undefined,
  })
  return (signal) => forge.token({ repository, permissions }, { callerEnv: {}, signal })
}
