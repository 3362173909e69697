import { isIP, connect as netConnect, type Socket } from 'node:net'
import { errorMessage } from '../std/error-message.ts'
import { type Connect, connectFirst } from './connect-first.ts'
import { DialError } from './dial-error.ts'
import { lookUps, type Resolve } from './look-up.ts'

export type HostToConnect = {
  readonly host: string
  readonly port: number
  readonly signal: AbortSignal
  /** Why an address may not be connected to; null if it may. Absent: every address may. */
  readonly refusal?: (address: string) => DialError | null
}

/** Connects to a host. Rejects with a DialError, or with the signal's reason. */
export type ConnectHost = (to: HostToConnect) => Promise<Socket>

export type HostConnectorOptions = { readonly resolve?: Resolve; readonly connect?: Connect }

const KEEP_ALIVE_MS = 60_000

const systemResolve: Resolve = async (name) => {
  // Loaded with the first name: gateways of many tasks never look one up.
  const { lookup } = process.getBuiltinModule('node:dns/promises')
  return (await lookup(name, { all: true, order: 'verbatim' })).map(({ address }) => address)
}

const systemConnect: Connect = (to) =>
  netConnect({ ...to, allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS })

const NOT_FOUND: ReadonlySet<string | undefined> = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NONAME', 'EAI_NODATA'])

const unknownName = (host: string, error: unknown): DialError => {
  const { code } = error as NodeJS.ErrnoException
  if (NOT_FOUND.has(code)) return new DialError('unknown-name', `no address is known for ${host}`)
  return new DialError('unknown-name', `${host} could not be looked up: ${code ?? errorMessage(error)}`)
}

/** A host and a port as one text. */
export const hostPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/**
 * Looks a name up once, judges every address of the answer, and connects to an address that was judged. If one address
 * of a name is refused, the whole name is.
 */
export const hostConnector = (options: HostConnectorOptions = {}): ConnectHost => {
  const { resolve = systemResolve, connect = systemConnect } = options
  const lookUp = lookUps(resolve)
  const addressesOf = async (host: string, signal: AbortSignal): Promise<readonly string[]> => {
    if (isIP(host) !== 0) return [host]
    try {
      return await lookUp(host, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw unknownName(host, error)
    }
  }
  return async ({ host, port, signal, refusal }) => {
    const addresses = await addressesOf(host, signal)
    if (addresses.length === 0) throw new DialError('unknown-name', `no address is known for ${host}`)
    for (const address of addresses) {
      const why = refusal?.(address) ?? null
      if (why !== null) throw why
    }
    try {
      return await connectFirst(addresses, port, { connect, signal })
    } catch (error) {
      signal.throwIfAborted()
      throw new DialError('refused', `${hostPort(host, port)} takes no connection (${errorMessage(error)})`)
    }
  }
}
