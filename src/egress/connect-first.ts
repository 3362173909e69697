import { isIPv6, type Socket } from 'node:net'
import { onAbort } from '../std/abort.ts'

/** Begins a connection to an address, which is never looked up. */
export type Connect = (to: { readonly host: string; readonly port: number }) => Socket

/** As RFC 8305 has it: so long an address has for itself before the next one is tried beside it. */
const HEAD_START_MS = 250
const MOST_ADDRESSES = 6

/** IPv6 and IPv4 by turns, in the system's order. */
const byTurns = (addresses: readonly string[]): readonly string[] => {
  const first = addresses.filter((address) => isIPv6(address) === isIPv6(addresses[0] ?? ''))
  const second = addresses.filter((address) => !first.includes(address))
  return [...first.keys(), ...second.keys()]
    .flatMap((i) => [first[i], second[i]])
    .filter((address) => address !== undefined)
    .filter((address, i, all) => all.indexOf(address) === i)
}

const reasonOf = (address: string, error: NodeJS.ErrnoException) => `${address}: ${error.code ?? error.message}`

/**
 * The first connection that one of the addresses accepts; the others are given up. Rejects with the reasons of all, or
 * with the signal's.
 */
export const connectFirst = async (
  addresses: readonly string[],
  port: number,
  { connect, signal }: { readonly connect: Connect; readonly signal: AbortSignal },
): Promise<Socket> => {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const untried = byTurns(addresses).slice(0, MOST_ADDRESSES)
  const open = new Set<Socket>()
  const failures: string[] = []
  let headStart: NodeJS.Timeout | undefined

  const tryNext = () => {
    clearTimeout(headStart)
    const address = untried.shift()
    if (address === undefined) return
    const socket = connect({ host: address, port })
    open.add(socket)
    socket.once('connect', () => resolve(socket))
    // Stays: whoever gets the socket may be late with a listener of its own.
    socket.on('error', (error) => {
      if (!open.delete(socket)) return
      failures.push(reasonOf(address, error))
      if (untried.length > 0) tryNext()
      else if (open.size === 0) reject(new Error(failures.join(', ')))
    })
    if (untried.length > 0) headStart = setTimeout(tryNext, HEAD_START_MS)
  }
  using _ = onAbort(signal, () => reject(signal.reason))
  if (!signal.aborted) tryNext()
  try {
    const socket = await promise
    open.delete(socket)
    return socket
  } finally {
    clearTimeout(headStart)
    untried.length = 0
    for (const socket of open) socket.destroy()
  }
}
