import { BlockList, isIP } from 'node:net'
import type { ParentProxies } from '../domain/company-network.ts'
import { classifyHost } from '../domain/network/address.ts'

export type Target = {
  readonly scheme: 'http' | 'https'
  /** A name or an address, as `parseHost` gives it. */
  readonly host: string
  readonly port: number
}

type Entry = { readonly host: string; readonly port: number | null }

/** An entry's port follows a name, an IPv4 address, or the bracket of an IPv6 address. */
const entryOf = (word: string): Entry => {
  const [, host, port] = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(word) ?? [null, word, null]
  const bare = (host ?? '').replace(/^\[|\]$/g, '').replace(/\.$/, '')
  return { host: bare.toLowerCase(), port: port === null || port === undefined ? null : Number(port) }
}

const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

const isInNetwork = (address: string, network: string): boolean => {
  const [base = '', length = ''] = network.split('/')
  const most = isIP(base) === 6 ? 128 : 32
  if (isIP(base) === 0 || isIP(address) !== isIP(base) || !/^\d{1,3}$/.test(length) || Number(length) > most)
    return false
  const list = new BlockList()
  list.addSubnet(base, Number(length), family(base))
  return list.check(address, family(address))
}

const isSameAddress = (one: string, other: string): boolean => {
  if (isIP(one) === 0 || isIP(one) !== isIP(other)) return false
  const list = new BlockList()
  list.addAddress(one, family(one))
  return list.check(other, family(other))
}

const matches = (host: string, entry: string): boolean => {
  if (entry === '*') return true
  if (isIP(host) !== 0) return entry.includes('/') ? isInNetwork(host, entry) : isSameAddress(entry, host)
  const name = entry.replace(/^\*?\./, '')
  return name !== '' && (host === name || host.endsWith(`.${name}`))
}

/**
 * The proxy that a target is reached by; null: directly. The forms of NO_PROXY are `*`, `host` (with all names below it),
 * `.suffix`, `*.suffix`, an address, a network such as 10.0.0.0/8, each but the last with a port too.
 */
export const parentFor = (proxies: ParentProxies, { scheme, host, port }: Target): URL | null => {
  const proxy = proxies[scheme]
  // On another machine, it would reach its own.
  if (proxy === null || classifyHost(host) === 'loopback') return null
  const isDirect = proxies.direct.map(entryOf).some((one) => (one.port ?? port) === port && matches(host, one.host))
  return isDirect ? null : new URL(proxy)
}
