import { type Parsed, parsed, unparsed } from '../../std/parsed.ts'

/** A label as host names have them, an underscore too: services use it. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/
const LONGEST_NAME = 253
/** Beyond this no text becomes a name of 253 characters; it bounds the work on a stranger's text. */
const LONGEST_TEXT = 1024
/** A bracketed IPv6 address that carries an IPv4 address, as the URL standard writes it. */
const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/
/** Blanks, control characters, and all that ends a host in a URL or stands beside it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refused
const FOREIGN = /[\x00-\x20\x7f-\xa0\u2028\u2029%@/\\?#<>^|`{}"'*,;&=+$!()~]/

const MOST_SHOWN = 80
const shown = (text: string) => JSON.stringify(text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text)

/** The host as the URL standard writes it: IDN in ASCII, IPv4 of any spelling as four decimals, IPv6 shortest. */
const standardHost = (host: string): string | null => {
  try {
    return new URL(`http://${host}/`).hostname
  } catch {
    return null
  }
}

const unmapped = (address: string): string => {
  const [, high, low] = MAPPED.exec(address) ?? []
  if (high === undefined || low === undefined) return address
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return `${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`
}

const isBracketed = (text: string) => text.startsWith('[') && text.endsWith(']')

/**
 * The one reader of host names. Gives the canonical form: lower case, an international name in ASCII, no dot at the end,
 * an IPv4 address of any spelling (short, decimal, octal, hexadecimal, IPv4-mapped) as four decimal numbers, an IPv6
 * address without brackets in its shortest form. Refuses a port, a user, a path, a zone id and every encoded or control
 * character.
 */
export const parseHost = (text: string): Parsed<string> => {
  if (text === '') return unparsed('the host is empty')
  if (text.length > LONGEST_TEXT) return unparsed('the host is longer than a host name can be')
  if (!text.isWellFormed() || FOREIGN.test(text))
    return unparsed(`${shown(text)} is not a host name: it has a character that no host name has`)
  const isIpv6 = text.includes(':') || isBracketed(text)
  const host = standardHost(isIpv6 && !isBracketed(text) ? `[${text}]` : text)
  if (host === null) return unparsed(`${shown(text)} is neither a host name nor an address`)
  if (isIpv6) return parsed(unmapped(host.slice(1, -1)))
  const name = host.endsWith('.') ? host.slice(0, -1) : host
  if (name.length > LONGEST_NAME) return unparsed('the host is longer than a host name can be')
  if (!name.split('.').every((label) => LABEL.test(label))) return unparsed(`${shown(text)} is not a host name`)
  return parsed(name)
}
