/** Name and value by turns, as node:http has them. */
type RawHeaders = readonly string[]

/** How a message's body is bounded. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }

type Read = { readonly framing: Framing } | { readonly odd: string }

/** Other methods have rules of their own for bodies, and no model API uses them. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
/** Requests that a server takes as bodyless where they say nothing of a body. */
const BODYLESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS'])
/** Names that some servers take for the real one. */
const LOOKALIKE = /^(?:content[^a-z0-9]*length|transfer[^a-z0-9]*encoding)$/
const LONGEST = 15

const valuesOf = (raw: RawHeaders, name: string): readonly string[] =>
  raw.filter((_, i) => i % 2 === 1 && raw[i - 1]?.toLowerCase() === name)

const lookalike = (raw: RawHeaders): string | undefined =>
  raw
    .filter((_, i) => i % 2 === 0)
    .map((name) => name.toLowerCase())
    .find((name) => LOOKALIKE.test(name) && name !== 'content-length' && name !== 'transfer-encoding')

const readFraming = (version: string, raw: RawHeaders): Read => {
  const [length, ...moreLengths] = valuesOf(raw, 'content-length')
  const [coding, ...moreCodings] = valuesOf(raw, 'transfer-encoding')
  const odd = lookalike(raw)
  if (odd !== undefined) return { odd: `a header called ${odd}` }
  if (moreLengths.length > 0) return { odd: 'more than one Content-Length' }
  if (moreCodings.length > 0) return { odd: 'more than one Transfer-Encoding' }
  if (coding !== undefined) {
    if (length !== undefined) return { odd: 'Content-Length and Transfer-Encoding' }
    if (version !== '1.1') return { odd: `Transfer-Encoding in HTTP/${version}` }
    if (coding.toLowerCase() !== 'chunked') return { odd: 'a Transfer-Encoding other than chunked' }
    return { framing: { kind: 'chunked' } }
  }
  if (length === undefined) return { framing: { kind: 'none' } }
  if (!/^\d+$/.test(length) || length.length > LONGEST) return { odd: 'a Content-Length that is no plain number' }
  return { framing: { kind: 'length', length: Number(length) } }
}

/** The bounds of a request's body; `odd` where two servers could read them differently. */
export const requestFraming = (method: string, version: string, raw: RawHeaders): Read => {
  if (!METHODS.has(method)) return { odd: `the method ${method}` }
  if (version !== '1.1' && version !== '1.0') return { odd: `HTTP/${version}` }
  return readFraming(version, raw)
}

/** The bounds of an answer's body; without a header of either kind it ends with its connection. */
export const answerFraming = readFraming

/** The one header by which a request's body is bounded on its way out. */
export const framingHeaders = (method: string, framing: Framing): readonly string[] => {
  if (framing.kind === 'chunked') return ['Transfer-Encoding', 'chunked']
  if (framing.kind === 'length') return ['Content-Length', String(framing.length)]
  return BODYLESS.has(method) ? [] : ['Content-Length', '0']
}
