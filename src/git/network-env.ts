import type { CompanyNetwork } from '../domain/company-network.ts'
import type { CallerEnv } from './git.ts'

const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy']
/** The gateway uses no proxy for them either. */
const THIS_MACHINE = ['localhost', '127.0.0.0/8', '127.0.0.1', '::1']

/** The forms of NO_PROXY that curl knows: it takes a suffix without the asterisk. */
const forCurl = (word: string) => word.replace(/^\*\./, '.')

/**
 * A caller's environment with the proxies of the company's network in place of its own, and with the authorities of a
 * file, unless the caller names some to git. What the user's git configuration says of them still wins.
 */
export const networkEnv = (callerEnv: CallerEnv, { proxies, caFile }: CompanyNetwork): CallerEnv => {
  const rest = Object.fromEntries(Object.entries(callerEnv).filter(([name]) => !PROXIES.includes(name)))
  const isDirect = proxies.http === null && proxies.https === null
  return {
    ...(caFile === null ? {} : { GIT_SSL_CAINFO: caFile, GIT_PROXY_SSL_CAINFO: caFile }),
    ...rest,
    ...(proxies.http === null ? {} : { http_proxy: proxies.http }),
    ...(proxies.https === null ? {} : { https_proxy: proxies.https }),
    ...(isDirect ? {} : { no_proxy: [...proxies.direct.map(forCurl), ...THIS_MACHINE].join(',') }),
  }
}
