import { parseHost } from './host-name.ts'

/**
 * What an address is for. `translated`: it carries an IPv4 address that another machine would send to (NAT64, 6to4,
 * Teredo). `reserved`: no machine on the internet has it, or the text is no address.
 */
export type AddressClass =
  | 'public'
  | 'private'
  | 'loopback'
  | 'link-local'
  | 'metadata'
  | 'multicast'
  | 'translated'
  | 'reserved'

type Address = { readonly bits: 32 | 128; readonly value: bigint }

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/

const ipv4Value = (text: string): bigint => text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n)

const groupsOf = (text: string): readonly string[] => (text === '' ? [] : text.split(':'))

const ipv6Value = (text: string): bigint => {
  const [head = '', tail] = text.split('::')
  const [first, last] = [groupsOf(head), groupsOf(tail ?? '')]
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0')
  return [...first, ...zeros, ...last].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}

const addressOf = (text: string): Address | null => {
  const host = parseHost(text)
  if (!host.ok) return null
  if (IPV4.test(host.value)) return { bits: 32, value: ipv4Value(host.value) }
  return host.value.includes(':') ? { bits: 128, value: ipv6Value(host.value) } : null
}

type Range = Address & { readonly length: number; readonly kind: AddressClass }

const range = (kind: AddressClass, network: string): Range => {
  const [text = '', length = ''] = network.split('/')
  const address = addressOf(text)
  if (address === null) throw new Error(`${network} is no network`)
  return { ...address, kind, length: Number(length) }
}

const ranges = (kind: AddressClass, ...networks: readonly string[]) => networks.map((network) => range(kind, network))

/** The first that holds an address counts. From IANA's registries of special-purpose addresses, and clouds' manuals. */
const RANGES: readonly Range[] = [
  // The addresses at which clouds give a machine its keys: AWS and most others, its DNS and NTP, ECS, EKS, Oracle,
  // Alibaba, Azure's wire server; then AWS, EKS and Google by IPv6.
  ...ranges('metadata', '169.254.169.0/24', '169.254.170.0/24', '192.0.0.192/32', '100.100.100.200/32'),
  ...ranges('metadata', '168.63.129.16/32', 'fd00:ec2::/32', 'fd20:ce::254/128'),
  ...ranges('link-local', '169.254.0.0/16', 'fe80::/10'),
  ...ranges('loopback', '127.0.0.0/8', '::1/128'),
  ...ranges('multicast', '224.0.0.0/4', 'ff00::/8'),
  // 100.64/10: shared by providers. 198.18/15: benchmarks, also used for made-up answers of DNS. fec0::/10: once site-local.
  ...ranges('private', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15'),
  ...ranges('private', 'fc00::/7', 'fec0::/10'),
  // For documentation. No machine on the internet has them, so networks give them to machines of their own.
  ...ranges('private', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20'),
  // 0.0.0.0/8 reaches this machine on Linux. Then protocols, the relay of 6to4, future use, broadcast.
  ...ranges('reserved', '0.0.0.0/8', '192.0.0.0/24'),
  ...ranges('reserved', '192.88.99.0/24', '240.0.0.0/4'),
  ...ranges('public', '0.0.0.0/0'),
  ...ranges('reserved', '::/128'),
  // NAT64 (well-known and local), IPv4-compatible, IPv4-translated, 6to4, Teredo.
  ...ranges('translated', '64:ff9b::/96', '64:ff9b:1::/48', '::/96', '::ffff:0:0:0/96', '2002::/16', '2001::/32'),
  // Protocols. What lies outside of 2000::/3 is nobody's on the internet.
  ...ranges('reserved', '2001::/23'),
  ...ranges('public', '2000::/3'),
]

const holds = (network: Range, { bits, value }: Address): boolean => {
  const shift = BigInt(network.bits - network.length)
  return network.bits === bits && network.value >> shift === value >> shift
}

const LOW_32 = 0xffffffffn

/**
 * The IPv4 addresses that a translated one may stand for: in its last 32 bits, as they are (NAT64) or inverted (Teredo),
 * behind its first 16 (6to4), and around bit 64 of a NAT64 network of 48 bits.
 */
const carried = (value: bigint): readonly bigint[] => [
  value & LOW_32,
  ~value & LOW_32,
  (value >> 80n) & LOW_32,
  (((value >> 64n) & 0xffffn) << 16n) | ((value >> 40n) & 0xffffn),
]

/** Never reached, whatever a rule says. */
const NEVER: ReadonlySet<AddressClass> = new Set(['metadata', 'link-local', 'multicast', 'reserved'])

const rangeOf = (address: Address): AddressClass =>
  RANGES.find((network) => holds(network, address))?.kind ?? 'reserved'

/** Reads an address of any spelling and says what it is for. A text that is no address, or has a zone id, is `reserved`. */
export const classifyAddress = (text: string): AddressClass => {
  const address = addressOf(text)
  if (address === null) return 'reserved'
  const kind = rangeOf(address)
  if (kind !== 'translated') return kind
  const inner = carried(address.value).map((value) => rangeOf({ bits: 32, value }))
  return inner.find((one) => one === 'metadata' || one === 'link-local') ?? kind
}

/**
 * True where the gateway may connect to an address of this class. A rule with `private` opens what is private, loopback
 * or translated; nothing opens metadata, link-local, multicast and reserved addresses.
 */
export const mayReach = (kind: AddressClass, isPrivateAllowed: boolean): boolean =>
  kind === 'public' || (isPrivateAllowed && !NEVER.has(kind))

/** True where a canonical host, as `parseHost` gives it, is an address and not a name. */
export const isAddress = (host: string): boolean => IPV4.test(host) || host.includes(':')

const isLocalName = (host: string) => host === 'localhost' || host.endsWith('.localhost')

/** What a canonical host is for as far as its text says: a name is public until the resolver says more, but localhost. */
export const classifyHost = (host: string): AddressClass => {
  if (isAddress(host)) return classifyAddress(host)
  return isLocalName(host) ? 'loopback' : 'public'
}
