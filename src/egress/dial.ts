import { lookup } from 'node:dns/promises'
import { isIP, connect as netConnect, type Socket } from 'node:net'
import { classifyAddress, mayReach } from '../domain/network/address.ts'
import { onAbort } from '../std/abort.ts'
import { errorMessage } from '../std/error-message.ts'
import { type Connect, connectFirst } from './connect-first.ts'
import { DialError } from './dial-error.ts'
import { lookUps, type Resolve } from './look-up.ts'

export type Dialed = {
  /** A name or an address, as `parseHost` gives it. */
  readonly host: string
  readonly port: number
  /** A rule says `private`: what is not public may be reached as far as `mayReach` has it. */
  readonly isPrivateAllowed: boolean
  readonly signal: AbortSignal
}

/**
 * A connection to the host. It is half-open where one side has ended, has no delay, and an error of it that nobody
 * listens to is dropped. Rejects with a DialError, or with the signal's reason.
 */
export type Dial = (to: Dialed) => Promise<Socket>

type Options = {
  readonly resolve?: Resolve
  readonly connect?: Connect
  /** For the look-up and all tries together. */
  readonly limitMs?: number
}

const LIMIT_MS = 10_000
const KEEP_ALIVE_MS = 60_000

const systemResolve: Resolve = async (name) =>
  (await lookup(name, { all: true, order: 'verbatim' })).map(({ address }) => address)

const systemConnect: Connect = (to) =>
  netConnect({ ...to, allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS })

const bracketed = (host: string) => (host.includes(':') ? `[${host}]` : host)

const NOT_FOUND: ReadonlySet<string | undefined> = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NONAME', 'EAI_NODATA'])

const unknownName = (host: string, error: unknown): DialError => {
  const { code } = error as NodeJS.ErrnoException
  if (NOT_FOUND.has(code)) return new DialError('unknown-name', `no address is known for ${host}`)
  return new DialError('unknown-name', `${host} could not be looked up: ${code ?? errorMessage(error)}`)
}

/** Why an address may not be dialled; null if it may. */
const refusal = ({ host, isPrivateAllowed }: Dialed, address: string): string | null => {
  const kind = classifyAddress(address)
  if (mayReach(kind, isPrivateAllowed)) return null
  const said = address === host ? `${host} is a ${kind} address` : `${host} has the ${kind} address ${address}`
  return mayReach(kind, true)
    ? `${said}, which only a rule with the word private allows`
    : `${said}, which no task may reach`
}

/** Runs `work` with a signal that comes with the caller's, or when the time is over. */
const within = async <T>(
  limitMs: number,
  { host, port, signal }: Dialed,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const limit = new AbortController()
  using _ = onAbort(signal, () => limit.abort(signal.reason))
  const late = `there was no connection to ${bracketed(host)}:${port} in ${limitMs / 1000} s`
  const timer = setTimeout(() => limit.abort(new DialError('timeout', late)), limitMs)
  try {
    return await work(limit.signal)
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Dials hosts for one task. It looks a name up once, judges every address of the answer, and connects to an address that
 * it judged. If one address of a name is refused, the whole name is: nobody's public name has a private address by
 * accident.
 */
export const dialer = (options: Options = {}): Dial => {
  const { resolve = systemResolve, connect = systemConnect, limitMs = LIMIT_MS } = options
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
  const dialChecked = async (to: Dialed, signal: AbortSignal): Promise<Socket> => {
    const { host, port } = to
    const addresses = await addressesOf(host, signal)
    if (addresses.length === 0) throw new DialError('unknown-name', `no address is known for ${host}`)
    for (const address of addresses) {
      const why = refusal(to, address)
      if (why !== null) throw new DialError('address', why)
    }
    try {
      return await connectFirst(addresses, port, { connect, signal })
    } catch (error) {
      signal.throwIfAborted()
      throw new DialError('refused', `${bracketed(host)}:${port} takes no connection (${errorMessage(error)})`)
    }
  }
  return (to) => within(limitMs, to, (signal) => dialChecked(to, signal))
}
