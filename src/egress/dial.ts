import { isIP, type Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { NO_COMPANY, type ParentProxies } from '../domain/company-network.ts'
import { classifyAddress, mayReach } from '../domain/network/address.ts'
import { type HostConnectorOptions, hostConnector, hostPort } from './connect-host.ts'
import { connectThrough } from './connect-through.ts'
import { DialError } from './dial-error.ts'
import { parentFor } from './parent-for.ts'
import { withTimeLimit } from './time-limit.ts'

export type Dialed = {
  /** A name or an address, as `parseHost` gives it. */
  readonly host: string
  readonly port: number
  /** Selects the parent proxy. Absent: http at port 80, https at all others. */
  readonly scheme?: 'http' | 'https'
  /** A rule says `private`: what is not public may be reached as far as `mayReach` has it. */
  readonly isPrivateAllowed: boolean
  readonly signal: AbortSignal
}

/**
 * A connection to the host, without delay; where one side has ended it, the other may go on. An error of it that nobody
 * listens to is dropped. Rejects with a DialError, or with the signal's reason.
 */
export type Dial = (to: Dialed) => Promise<Socket>

type Options = HostConnectorOptions & {
  /** For the look-up and all tries together. */
  readonly limitMs?: number
  readonly proxies?: ParentProxies
  /** The authorities that a proxy with TLS is checked against. */
  readonly secureContext?: () => SecureContext
}

const LIMIT_MS = 10_000

/** Why an address may not be dialled; null if it may. */
const refusalOf = ({ host, isPrivateAllowed }: Dialed, address: string): DialError | null => {
  const kind = classifyAddress(address)
  if (mayReach(kind, isPrivateAllowed)) return null
  const said = address === host ? `${host} is a ${kind} address` : `${host} has the ${kind} address ${address}`
  return mayReach(kind, true)
    ? new DialError('private', `${said}, which only a rule with the word private allows`)
    : new DialError('address', `${said}, which no task may reach`)
}

const systemAuthorities = () => process.getBuiltinModule('node:tls').createSecureContext()

/**
 * Dials hosts for one task, directly or by the proxy of the company's network. Directly, a name is refused if one of its
 * addresses is: nobody's public name has a private address by accident. A proxy looks names up by itself, so there only
 * a host that is an address is judged.
 */
export const dialer = (options: Options = {}): Dial => {
  const { limitMs = LIMIT_MS, proxies = NO_COMPANY.proxies, secureContext = systemAuthorities } = options
  const connectHost = hostConnector(options)

  const dialBy = async (proxy: URL, to: Dialed, signal: AbortSignal): Promise<Socket> => {
    const why = isIP(to.host) === 0 ? null : refusalOf(to, to.host)
    if (why !== null) throw why
    const target = hostPort(to.host, to.port)
    const connect = (host: string, port: number) => connectHost({ host, port, signal })
    return await connectThrough({ proxy, target, connect, secureContext, signal })
  }
  return (to) => {
    const { host, port, scheme = port === 80 ? 'http' : 'https' } = to
    const proxy = parentFor(proxies, { scheme, host, port })
    const by = proxy === null ? '' : ` by the proxy ${proxy.host}`
    const late = () =>
      new DialError('timeout', `there was no connection to ${hostPort(host, port)}${by} in ${limitMs / 1000} s`)
    return withTimeLimit({ ms: limitMs, signal: to.signal, late }, (signal) =>
      proxy === null
        ? connectHost({ host, port, signal, refusal: (address) => refusalOf(to, address) })
        : dialBy(proxy, to, signal),
    )
  }
}
