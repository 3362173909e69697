/** A hello is some hundred bytes long, with the keys of new algorithms about 2,000. */
const LONGEST = 32 * 1024
const HANDSHAKE = 22
const CLIENT_HELLO = 1
const SERVER_NAME = 0
const HOST_NAME = 0

export type HelloRead =
  /** The bytes so far are the beginning of a hello. It is not whole before so many more have come. */
  | { readonly state: 'more'; readonly missing: number }
  /** `serverName` is null where the client names none. */
  | { readonly state: 'hello'; readonly serverName: string | null }
  | { readonly state: 'odd'; readonly reason: string }

const odd = (reason: string): HelloRead => ({ state: 'odd', reason })

/** Reads fields one after another; each is undefined where the bytes end before it. */
const fields = (bytes: Buffer) => {
  let at = 0
  const take = (length: number): Buffer | undefined => {
    if (at + length > bytes.length) return undefined
    at += length
    return bytes.subarray(at - length, at)
  }
  const number = (length: number) => take(length)?.readUIntBE(0, length)
  return {
    take,
    number,
    /** A field whose length stands before it, in so many bytes. */
    counted: (lengthBytes: number) => {
      const length = number(lengthBytes)
      return length === undefined ? undefined : take(length)
    },
    left: () => bytes.length - at,
  }
}

/** The one name of a server_name extension; undefined where it is none that all servers read alike. */
const nameIn = (extension: Buffer): string | undefined => {
  const outer = fields(extension)
  const list = outer.counted(2)
  if (list === undefined || outer.left() > 0) return undefined
  const inner = fields(list)
  const type = inner.number(1)
  const name = inner.counted(2)
  if (type !== HOST_NAME || name === undefined || name.length === 0 || inner.left() > 0) return undefined
  return name.toString('latin1')
}

/** Reads the body of a ClientHello, RFC 8446 4.1.2. */
const readBody = (body: Buffer): HelloRead => {
  const read = fields(body)
  const fixed = read.take(34)
  const session = read.counted(1)
  const suites = read.counted(2)
  const compression = read.counted(1)
  if (fixed === undefined || session === undefined || suites === undefined || compression === undefined)
    return odd('a TLS hello that is cut short')
  if (read.left() === 0) return { state: 'hello', serverName: null }
  const extensions = read.counted(2)
  if (extensions === undefined || read.left() > 0) return odd('a TLS hello whose extensions have a wrong length')
  const each = fields(extensions)
  let serverName: string | null = null
  while (each.left() > 0) {
    const type = each.number(2)
    const value = each.counted(2)
    if (type === undefined || value === undefined) return odd('a TLS hello with a broken extension')
    if (type !== SERVER_NAME) continue
    if (serverName !== null) return odd('a TLS hello with two server names')
    const name = nameIn(value)
    if (name === undefined) return odd('a TLS hello with an odd server name')
    serverName = name
  }
  return { state: 'hello', serverName }
}

/** What the records so far carry of a handshake, joined; the last one may have come in part. */
const handshakeIn = (bytes: Buffer): Buffer | string => {
  const records = fields(bytes)
  const parts: Buffer[] = []
  for (let header = records.take(5); header !== undefined; header = records.take(5)) {
    if (header[0] !== HANDSHAKE || header[1] !== 3) return 'a TLS record that is no handshake'
    const length = header.readUInt16BE(3)
    if (length === 0 || length > 2 ** 14) return 'a TLS record of a wrong length'
    const part = records.take(length) ?? records.take(records.left())
    if (part !== undefined) parts.push(part)
  }
  return Buffer.concat(parts)
}

/** Reads the ClientHello at the beginning of a connection, which may come in pieces and in several records. */
export const readClientHello = (bytes: Buffer): HelloRead => {
  if (bytes.length > 2 * LONGEST) return odd('a TLS hello in too many pieces')
  const handshake = handshakeIn(bytes)
  if (typeof handshake === 'string') return odd(handshake)
  if (handshake.length < 4) return { state: 'more', missing: 1 }
  if (handshake[0] !== CLIENT_HELLO) return odd('a TLS handshake that does not begin with a hello')
  const length = 4 + handshake.readUIntBE(1, 3)
  if (length > LONGEST) return odd('a TLS hello that is too long')
  if (handshake.length < length) return { state: 'more', missing: length - handshake.length }
  return handshake.length > length ? odd('bytes after the TLS hello') : readBody(handshake.subarray(4))
}
