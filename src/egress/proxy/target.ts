import { parseHost } from '../../domain/network/host-name.ts'
import { type Parsed, parsed, unparsed } from '../../std/parsed.ts'

/** Where a request wants to go. The host is canonical. */
export type Target = { readonly host: string; readonly port: number }

const AUTHORITY = /^(?:\[([^[\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/

/** `HOST:PORT` as CONNECT and Host have it. `usual`: the port where none is named; null: one must be. */
export const parseAuthority = (text: string, usual: number | null): Parsed<Target> => {
  const [, address, name, digits] = AUTHORITY.exec(text) ?? []
  const written = address ?? name
  if (written === undefined) return unparsed(`"${text.slice(0, 200)}" is no host and port`)
  if (address !== undefined && !address.includes(':')) return unparsed('the brackets hold no IPv6 address')
  const port = digits === undefined ? usual : Number(digits)
  if (port === null || port < 1 || port > 65535) return unparsed(`"${text.slice(0, 200)}" names no port`)
  const host = parseHost(written)
  return host.ok ? parsed({ host: host.value, port }) : host
}

/** A target in absolute form, `http://HOST[:PORT]/PATH`, with the path as it came. */
export const parseAbsolute = (url: string): Parsed<Target & { readonly path: string }> => {
  const [, scheme = '', authority = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?]*)(.*)$/is.exec(url) ?? []
  if (scheme.toLowerCase() !== 'http') return unparsed('a proxy takes http:// URLs, and CONNECT for all others')
  const target = parseAuthority(authority, 80)
  if (!target.ok) return target
  return parsed({ ...target.value, path: rest.startsWith('/') ? rest : `/${rest}` })
}

/** The target as a URL's authority has it: an IPv6 address in brackets, no usual port. */
export const authorityOf = ({ host, port }: Target, usual: number | null): string => {
  const name = host.includes(':') ? `[${host}]` : host
  return port === usual ? name : `${name}:${port}`
}
